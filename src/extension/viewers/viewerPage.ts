// The page that a ranged viewer's script draws into. Must not know `vscode`.

import { type PageAssets, scriptedPage } from '../page.ts';

/** Pictures and sound only of what the script has in memory. */
export function viewerPage(assets: PageAssets): string {
  return scriptedPage({
    title: 'Potluck',
    body: '<main><h1 id="title" class="unseen"></h1><div id="viewer"></div></main>',
    assets,
    policy: ['img-src blob:', 'media-src blob:'],
  });
}
