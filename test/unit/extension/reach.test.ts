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
