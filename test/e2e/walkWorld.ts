// What the steps of the walk share: the world they act in, and how they find rows in it.

import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { SidecarClient } from '../../src/client/sidecarClient.ts';
import { type LocalPeer, until } from '../../scripts/localPeers.ts';
import type * as driver from '../vscode/driver.ts';
import { tableTitle, type TestPeer } from '../vscode/testPeer.ts';

export interface World {
  window: driver.Window;
  peer: TestPeer;
  /** The workspace's folder, its files are ours. */
  folder: string;
  downloads: string;
  /** Data folder of our sidecar. */
  home: string;
  /** Of this walk alone; it goes with it. */
  temporary: string;
  bootstrap: readonly string[];
  /** Called when the walk ends. */
  onEnd: (close: () => Promise<unknown>) => void;
  /** Starts one more peer, who is in no party. It ends with the walk. */
  another: (nickname: string) => Promise<LocalPeer>;
  /** Closes the window and opens another one on the same workspace; steps after it are given that one. */
  reopen: () => Promise<driver.Window>;
  /** A window of another user, with a profile and a sidecar of its own; opened when it is first asked for. */
  other: () => Promise<OtherUser>;
  /** What steps leave for those after them: here, because walks in several VS Codes run at the same time in one process. */
  kept: { inviteLink?: string; asking?: LocalPeer };
}

export interface OtherUser {
  window: driver.Window;
  /** To its sidecar. */
  client: SidecarClient;
}

/** How the world of a part differs from the usual one. */
export interface Conditions {
  /**
   * Nothing is trusted, and the workspace configures whatever it can (`untrustedWorkspace`). Where the sidecar lives, and whom it knows, stands in
   * settings of the person: an environment would win over any setting.
   */
  isUntrusted?: true;
  /** Of VS Code. */
  locale?: string;
}

export interface Step {
  name: string;
  /** File name of the screenshot, without its ending. */
  shot: string;
  /** Answers the window to take the picture of, where it is not the first one. */
  run: (world: World) => Promise<driver.Window | void>;
}

/** A row of a view whose label is this text. */
export function rowOf({ window }: World, pane: string, label: string): Locator {
  return window
    .pane(pane)
    .locator('.monaco-list-row')
    .filter({ has: window.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) }) });
}

export const peersPane = ({ window }: World): Locator => window.pane('Peers');

export const peersRow = (world: World, label: string): Locator => rowOf(world, 'Peers', label);

/** Its icon closes the side bar when it is open already. */
export async function showPotluck({ window }: World): Promise<void> {
  if (!(await window.pane('Peers').isVisible())) await window.activityIcon('Potluck').click();
}

/** Its icon closes the side bar when it is open already. */
export async function showExplorer({ window }: World): Promise<void> {
  if (!(await window.page.locator('.explorer-folders-view').isVisible())) await window.activityIcon('Explorer').click();
}

/** A file of the workspace's folder. */
export async function openFromExplorer(world: World, name: string): Promise<void> {
  const { window, folder } = world;
  await showExplorer(world);
  const row = window.explorerRow(path.join(folder, name));
  await row.waitFor();
  await row.dblclick();
  await window.activeTab(name).waitFor();
}

/** In the dialog that asks where, by its path. */
export async function chooseFile({ window }: World, file: string): Promise<void> {
  await window.quickInput.locator('.monaco-button', { hasText: /^(OK|Save|Open|Use|Take|Accept|Verify)/ }).waitFor();
  await proposal(window);
  await until(`the dialog to take ${file}`, async () => {
    if (!(await window.quickInput.isVisible())) return true;
    await window.answer(file);
    return window.quickInput.waitFor({ state: 'hidden', timeout: 3000 }).then(
      () => true,
      () => false,
    );
  });
}

/** The dialog writes where it begins into its field once it has looked there: what was typed before that is lost, or stands behind it. */
async function proposal({ quickInput }: driver.Window): Promise<void> {
  const input = quickInput.locator('input').first();
  await until('what the dialog proposes', async () => (await input.inputValue()) !== '');
}

/** As `chooseFile`, for a folder: there Enter opens what is typed, and only the button takes it. */
export async function chooseFolder({ window }: World, button: string, folder: string): Promise<void> {
  const take = window.quickInput.locator('.monaco-button', { hasText: button });
  await take.waitFor();
  await proposal(window);
  const input = window.quickInput.locator('input').first();
  await until(`${button} to take ${folder}`, async () => {
    if (!(await take.isVisible())) return true;
    const typed = await input.inputValue({ timeout: 1000 }).catch(() => '');
    const isTyped = typed.replace(/\/$/, '') === folder;
    await (isTyped ? take.click({ timeout: 1000 }) : input.fill(`${folder}/`, { timeout: 1000 })).catch(() => undefined); // it goes away meanwhile
    return false;
  });
}

/** The tick of a row of a list in which several may be chosen. */
export const tick = ({ window }: World, text: string): Promise<void> =>
  window.quickRow(text).first().locator('input[type=checkbox], .monaco-checkbox').first().click();

/** Rows that are not in sight are not there: what steps before left open makes them so. */
export async function collapseAll(world: World): Promise<void> {
  const pane = peersPane(world);
  await pane.locator('.pane-header').hover();
  await pane.locator('a.action-label[aria-label^="Collapse All"]').click();
  await peersRow(world, tableTitle).first().waitFor({ state: 'detached' });
}

/** No editor open, and Potluck's views in sight. */
export async function tidy(world: World): Promise<void> {
  await world.window.runCommand('View: Close All Editors');
  await showPotluck(world);
}
