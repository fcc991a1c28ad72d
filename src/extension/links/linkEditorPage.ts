// A link file's page: an empty place for our script. Must not know `vscode`.

import { type PageAssets, scriptedPage } from '../page.ts';

export function linkEditorPage(assets: PageAssets): string {
  return scriptedPage({ title: 'Potluck', body: '<main id="page"></main>', assets });
}
