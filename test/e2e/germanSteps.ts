// The walk through a VS Code that is German: manifest, views, questions and first steps are. The sentences come from the bundles that ship.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/projectRoot.ts';
import { peersPane, peersRow, showPotluck, type Step } from './walkWorld.ts';

const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, string>;
const manifest = read('package.nls.de.json');
const bundle = read('l10n/bundle.l10n.de.json');

/** What the bundle makes of a sentence. */
function german(english: string, ...values: string[]): string {
  const text = bundle[english];
  if (text === undefined) throw new Error(`no German for ${JSON.stringify(english)}`);
  return values.reduce((filled, value, at) => filled.replaceAll(`{${at}}`, value), text);
}

function named(key: string): string {
  const text = manifest[key];
  if (text === undefined) throw new Error(`no German for ${key}`);
  return text;
}

export const germanSteps: readonly Step[] = [
  {
    name: 'an empty view says in German what to do next',
    shot: 'german-welcome',
    async run(world) {
      await showPotluck(world);
      await peersPane(world)
        .locator('.monaco-button', { hasText: german('Join a Party') })
        .waitFor();
      await world.window.pane(named('view.shares')).locator('.monaco-button', { hasText: 'Ordner freigeben' }).waitFor();
    },
  },
  {
    name: 'questions, rows and the status bar are German',
    shot: 'german-peers',
    async run(world) {
      const { window, peer } = world;
      await peersPane(world)
        .locator('.monaco-button', { hasText: german('Join a Party') })
        .click();
      await window.quickInput.filter({ hasText: german('Join a Party') }).waitFor();
      await window.answer(peer.party);
      await peersRow(world, 'Ada').waitFor({ timeout: 60_000 });
      const party = peersPane(world).locator('.monaco-list-row', { hasText: peer.party });
      await party.filter({ hasText: german('{0} online', german('1 peer')) }).waitFor({ timeout: 60_000 });
    },
  },
  {
    name: 'the preview of a share is German',
    shot: 'german-preview',
    async run({ window, folder }) {
      await window.activityIcon('Explorer').click();
      const photos = window.explorerRow(path.join(folder, 'photos'));
      await photos.waitFor();
      await window.contextMenu(photos, named('command.share.add'));
      await window.quickRow(german('Share "{0}"', 'photos')).waitFor();
      await window.quickRow(german('Read All of It as a Page')).click();
      await window.editorText(german('What sharing this folder would offer'));
      await window.clearToasts();
    },
  },
  {
    name: 'the first steps are German',
    shot: 'german-first-steps',
    async run({ window }) {
      await window.runCommand('Welcome: Open Walkthrough...');
      await window.quickRow(named('walkthrough.title')).first().click();
      await window.page
        .locator('.getting-started-step', { hasText: named('walkthrough.share') })
        .first()
        .waitFor();
    },
  },
];
