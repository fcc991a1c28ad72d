// That everything can be done with a keyboard, and nothing by a workspace: read from the manifest.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { RequestMethod } from '../../../src/protocol/rpc.ts';

const root = path.resolve(import.meta.dirname, '../../..');

interface Item {
  command?: string;
  submenu?: string;
  when?: string;
  group?: string;
}
interface Manifest {
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; enablement?: string }[];
    menus: Record<string, Item[]>;
    keybindings: { command: string }[];
    viewsWelcome: { view: string; contents: string }[];
    views: Record<string, { id: string; when?: string }[]>;
    walkthroughs: { steps: { completionEvents: string[]; media: { svg: string; altText: string } }[] }[];
    configuration: { properties: Record<string, { scope: string }> };
  };
}
const { capabilities, contributes } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const sources = globSync('src/extension/**/*.ts', { cwd: root }).map((file) => ({
  file,
  text: readFileSync(path.join(root, file), 'utf8'),
}));

/** Menus that a keyboard opens: of a focused row, an editor, a tab, a title. Inline buttons alone are for a mouse. */
function byKeyboard(): Set<string> {
  const hidden = new Set(
    (contributes.menus['commandPalette'] ?? []).flatMap(({ command, when }) => (when === 'false' ? (command ?? []) : [])),
  );
  const reached = new Set(contributes.commands.map(({ command }) => command).filter((command) => !hidden.has(command)));
  for (const { command } of contributes.keybindings) reached.add(command);
  for (const [menu, items] of Object.entries(contributes.menus)) {
    if (menu === 'commandPalette') continue;
    for (const { command, group } of items)
      if (command !== undefined && group?.startsWith('inline') !== true) reached.add(command);
  }
  return reached;
}

test('every command can be reached with a keyboard, or is run by a row or a question of ours', () => {
  const reached = byKeyboard();
  const left = contributes.commands.map(({ command }) => command).filter((command) => !reached.has(command));
  for (const command of left) {
    const isRun = sources.some(({ text }) => text.includes(`'${command}'`));
    assert.ok(isRun, `${command} is nowhere`);
  }
});

test('views that can be empty say what to do next', () => {
  const next = new Set(contributes.viewsWelcome.filter(({ contents }) => contents !== '').map(({ view }) => view));
  for (const view of ['potluck.peers', 'potluck.shares', 'potluck.transfers']) assert.ok(next.has(view), view);
});

test('at most six first steps, each with a picture that is described, and each ends by itself', () => {
  const [first] = contributes.walkthroughs;
  assert.equal(contributes.walkthroughs.length, 1);
  assert.ok(first !== undefined && first.steps.length <= 6);
  for (const { media, completionEvents } of first.steps) {
    assert.ok(completionEvents.length > 0);
    assert.match(media.altText, /^%walkthrough\.\w+\.picture%$/);
    const picture = readFileSync(path.join(root, media.svg), 'utf8');
    // VS Code puts it into a page: colours of the theme only, nothing that runs or loads.
    assert.match(picture, /var\(--vscode-/);
    assert.doesNotMatch(picture, /<script|<image|href|onload|url\(/i);
  }
});

test('there is one status bar item', () => {
  const made = sources.filter(({ text }) => text.includes('createStatusBarItem('));
  assert.deepEqual(
    made.map(({ file }) => file),
    ['src/extension/statusBar.ts'],
  );
});

test('notifications are shown in one place, one after the other', () => {
  const shown = /window\s*\.\s*show(?:Information|Warning|Error)Message\(/g;
  for (const { file, text } of sources) {
    if (file === 'src/extension/notices.ts') continue;
    for (const { index } of text.matchAll(shown))
      assert.match(text.slice(index, index + 400), /modal: true/, `${file}: a notification beside the queue`);
  }
});

test('every tree row is made with words for a screen reader', () => {
  for (const { file, text } of sources) {
    // Rows of a label alone are read out as it stands.
    if (!/new vscode\.TreeItem\(/.test(text) || !/\.description = /.test(text)) continue;
    assert.match(text, /accessibilityInformation/, file);
  }
});

test('lists of the sidecar say above them when it is away', () => {
  for (const view of ['peers', 'shares', 'transfers', 'offers']) {
    const [made] = sources.filter(({ text }) => text.includes(`createTreeView('potluck.${view}'`));
    assert.match(made?.text ?? '', /\bstateMessage\(sidecar\)/, view);
  }
});

test('an untrusted workspace sets nothing: each setting is out of its reach, and is read from where a person set it', () => {
  assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
  const settings = contributes.configuration.properties;
  for (const [key, { scope }] of Object.entries(settings)) {
    assert.ok(scope === 'machine' || scope === 'application', key);
    assert.ok(capabilities.untrustedWorkspaces.restrictedConfigurations.includes(key), key);
  }
  for (const { file, text } of sources) assert.doesNotMatch(text, /workspaceValue|workspaceFolderValue/, file);
});

test('nothing is shared, joined, accepted or sent without a command, and those ask', () => {
  // The only places that may ask the sidecar for it, each behind a question: what a workspace contains can run none of them.
  const asked: RequestMethod[] = [
    ...(['shares/add', 'shares/setAudience', 'parties/join', 'parties/create', 'codes/accept', 'settings/set'] as const),
    ...(['outbox/send', 'inbox/accept', 'dropBoxes/set', 'compare/download'] as const),
  ];
  const found = new Set<string>();
  for (const { file, text } of sources)
    for (const [, method = ''] of text.matchAll(/request\(\s*'([a-zA-Z]+\/[a-zA-Z]+)'/g)) {
      if (!asked.includes(method as RequestMethod)) continue;
      found.add(method);
      assert.match(file, /^src\/extension\/(?:commands\/\w+|settings)\.ts$/, `${method} in ${file}`);
    }
  assert.deepEqual([...found].sort(), [...asked].sort());
});

test('links and the page of a file are offered wherever an entry has a row, and nowhere else', () => {
  const offered = (view: string, viewItem: string): string[] =>
    (contributes.menus['view/item/context'] ?? [])
      .filter(({ when = '', group }) => group?.startsWith('inline') !== true && holds(when, { view, viewItem }))
      .flatMap(({ command, submenu }) => command ?? submenu ?? []);
  const entries = [
    ['potluck.peers', 'share.peer'],
    ['potluck.peers', 'share.own'],
    ['potluck.peers', 'folder'],
    ['potluck.peers', 'file'],
    // Everybody and Recently Added.
    ['potluck.peers', 'merged.folder'],
    ['potluck.peers', 'merged.file'],
    ['potluck.peers', 'hit.file.peer'],
    ['potluck.results', 'hit.file.own'],
    ['potluck.results', 'hit.folder.peer'],
    ['potluck.watches', 'hit.file.peer'],
    ['potluck.compare', 'compared.file.changed.peer'],
    ['potluck.compare', 'compared.folder.only-right.peer'],
    ['potluck.shares', 'ownShare.watching'],
  ] as const;
  for (const [view, row] of entries)
    for (const item of ['potluck.links', 'potluck.entry.showPage'])
      assert.ok(offered(view, row).includes(item), `${item} of ${row} in ${view}`);
  const others = [
    ['potluck.peers', 'peer.known.online'],
    ['potluck.peers', 'more'],
    ['potluck.results', 'group'],
    ['potluck.watches', 'watch.news'],
    ['potluck.compare', 'compareGroup.same'],
    ['potluck.compare', 'compared.file.changed.local'],
    ['potluck.transfers', 'download.file.done'],
  ] as const;
  for (const [view, row] of others) assert.ok(!offered(view, row).includes('potluck.links'), `${row} in ${view}`);
});

test('a share that is mounted offers in the Explorer what its rows in the Peers view do', () => {
  const offered = (context: Record<string, string>): string[] =>
    (contributes.menus['explorer/context'] ?? [])
      .filter(({ when = '' }) => holds(when, context))
      .flatMap(({ command, submenu }) => command ?? submenu ?? []);
  const file = offered({ resourceScheme: 'potluck', 'potluck.hasSelectedForCompare': 'true' });
  for (const name of ['entry.download', 'entry.downloadTo', 'entry.openByRange', 'entry.showPage', 'entry.copyPath', 'links'])
    assert.ok(file.includes(`potluck.${name}`), name);
  for (const name of ['withMine', 'select', 'withSelected']) assert.ok(file.includes(`potluck.compare.${name}`), name);
  const folder = offered({ resourceScheme: 'potluck', explorerResourceIsFolder: 'true' });
  assert.ok(!folder.includes('potluck.entry.openByRange') && folder.includes('potluck.entry.showPage'));
  for (const item of folder) assert.ok(!/share\.add|peer\.send/.test(item), `${item} on what is a peer's`);
});

test('a link copied in an editor takes the selection, away from what VS Code itself copies', () => {
  const inEditor = contributes.menus['editor/context'] ?? [];
  const copying = inEditor.filter(({ command }) => command?.startsWith('potluck.link.') === true);
  assert.deepEqual(copying.map(({ command }) => command).sort(), [
    'potluck.link.copySelection',
    'potluck.link.copySelectionDeep',
  ]);
  for (const { group, when = '' } of copying) {
    assert.match(group ?? '', /^7_potluck@/);
    assert.ok(holds(when, { resourceScheme: 'potluck' }));
    assert.ok(holds(when, { resourceScheme: 'file', 'potluck.hasShares': 'true' }));
    assert.ok(!holds(when, { resourceScheme: 'file' }), 'whoever shares nothing has no link to copy');
  }
});

/** As VS Code reads a `when` clause, of the forms that the manifest uses: `||` of `&&` of terms. */
function holds(when: string, context: Readonly<Record<string, string>>): boolean {
  return when.split(' || ').some((all) => all.split(' && ').every((term) => termHolds(term.trim(), context)));
}

function termHolds(term: string, context: Readonly<Record<string, string>>): boolean {
  const matched = /^(\S+) =~ \/(.*)\/$/.exec(term);
  if (matched) return new RegExp(matched[2] ?? '').test(context[matched[1] ?? ''] ?? '');
  const compared = /^(\S+) (==|!=) (\S+)$/.exec(term);
  if (compared) return (context[compared[1] ?? ''] === compared[3]) === (compared[2] === '==');
  const named = /^(!?)([\w.]+)$/.exec(term);
  assert.ok(named, `a form of when that this test does not know: ${term}`);
  return (context[named[2] ?? ''] !== undefined) === (named[1] === '');
}
