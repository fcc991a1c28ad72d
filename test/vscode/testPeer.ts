// The other person of the tests in VS Code: a sidecar that joined a party and shares a small real tree under the title "Table".

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shareAndScan, startPeer, type LocalPeer } from '../../scripts/localPeers.ts';

export interface TestPeer extends LocalPeer {
  party: string;
  /** Absolute path of what it shares. */
  tree: string;
}

export const tableTitle = 'Table';

/** Starts it in `folder`; resolves once its share is scanned. */
export async function startTestPeer(folder: string, bootstrap: readonly string[]): Promise<TestPeer> {
  const tree = path.join(folder, 'tree');
  makeTree(tree);
  const peer = await startPeer({ dataFolder: path.join(folder, 'home'), bootstrap, nickname: 'Ada' });
  const { name } = await peer.client.request('parties/join', { name: 'friday-lunch' });
  await shareAndScan(peer, tree, tableTitle);
  return { ...peer, party: name, tree };
}

/** Text, an empty file, binary data of a few megabytes, folders in folders, names of many kinds, and configuration that must not act. */
function makeTree(tree: string): void {
  const put = (name: string, content: string | Uint8Array) => {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), content);
  };
  put('README.md', '# The table\n\nEverybody brings something.\n');
  put('recipes/bread.md', '# Bread\n\nFlour, water, salt, time.\n');
  put('recipes/soup/lentils.md', '# Lentils\n\nOnions first.\n');
  put('recipes/soup/empty.md', '');
  put('code/answer.ts', 'export const answer: number = 42;\n');
  put('names/ein Löffel Zucker.txt', 'süß\n');
  put('names/味噌汁.txt', '豆腐\n');
  put('names/hash # and % sign.txt', 'both\n');
  put('data/numbers.bin', numbers(3 * 1024 * 1024 + 17));
  put('data/one.bin', Uint8Array.of(0));
  put('.vscode/settings.json', '{ "editor.fontSize": 40 }\n');
  put('code/.vscode/settings.json', '{ "editor.fontSize": 40 }\n');
  put(
    'code/.vscode/tasks.json',
    '{ "version": "2.0.0", "tasks": [{ "label": "peer task", "type": "shell", "command": "exit 0" }] }\n',
  );
}

/** Bytes that repeat nowhere near: xorshift32 with a fixed seed. */
function numbers(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 2463534242;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}
