// A peer that offers what our sidecar never does: the history of changes, with the hooks in it. Its sidecar is ours, with that one rule taken out.

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shareAndScan, startPeer, type LocalPeer } from '../../scripts/localPeers.ts';
import { root } from '../../scripts/projectRoot.ts';

/** As secrets.ts lists them, after the bundler. */
const rule = /new Set\(\["\.git","\.hg","\.svn","\.bzr","\.jj"\]\)/g;

/** Configuration that acts wherever it is taken for one's own; `marker` is the file that it would make. */
export interface LaxOptions {
  folder: string;
  bootstrap: readonly string[];
  party: string;
  nickname: string;
  title: string;
  marker: string;
}

export async function startLaxPeer({ folder, bootstrap, party, nickname, title, marker }: LaxOptions): Promise<LocalPeer> {
  const tree = path.join(folder, 'tree');
  const act = `touch '${marker}'`;
  const task = { label: 'peer task', type: 'shell', command: act, runOptions: { runOn: 'folderOpen' } };
  const files = {
    'gift.ts': 'export const gift = 1;\n',
    '.vscode/settings.json': JSON.stringify({ 'editor.fontSize': 40, 'potluck.nickname': 'Mallory was here' }),
    '.vscode/tasks.json': JSON.stringify({ version: '2.0.0', tasks: [task] }),
    '.vscode/launch.json': JSON.stringify({
      version: '0.2.0',
      configurations: [{ name: 'peer launch', type: 'node', request: 'launch' }],
    }),
    '.git/HEAD': 'ref: refs/heads/main\n',
    '.git/config': `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = ${act}\n\thooksPath = .git/hooks\n`,
    '.git/hooks/post-checkout': `#!/bin/sh\n${act}\n`,
    '.git/hooks/pre-commit': `#!/bin/sh\n${act}\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), content);
  }
  const script = laxBuild(path.join(folder, 'build'));
  const peer = await startPeer({ dataFolder: path.join(folder, 'home'), bootstrap, nickname, script });
  await peer.client.request('parties/join', { name: party });
  await shareAndScan(peer, tree, title);
  return peer;
}

/** The sidecar's script in a copy of the build. */
function laxBuild(folder: string): string {
  const build = process.env['POTLUCK_TEST_BUILD'] ?? root;
  const dist = path.join(folder, 'dist');
  cpSync(path.join(build, 'dist'), dist, { recursive: true, filter: (name) => !name.endsWith('.map') });
  symlinkSync(path.join(build, 'prebuilds'), path.join(folder, 'prebuilds'));
  let count = 0;
  for (const name of readdirSync(dist).filter((each) => each.endsWith('.cjs'))) {
    const text = readFileSync(path.join(dist, name), 'utf8');
    const changed = text.replace(rule, () => {
      count++;
      return 'new Set';
    });
    if (changed !== text) writeFileSync(path.join(dist, name), changed);
  }
  if (count === 0) throw new Error('The rule on histories of changes was not found in the build.');
  return path.join(dist, 'sidecar.cjs');
}
