// Who may see what, and who is let in, through the real UI: a share for nobody and for everyone again, a stranger who asks, a block, the report on
// the network. These steps come after those that share "photos", in the same window.

import type { Locator } from 'playwright-core';
import { shareArrives } from '../../scripts/localPeers.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { collapseAll, peersPane, rowOf, showPotluck, tick, type Step, type World } from './walkWorld.ts';

const waitMs = 30_000;
/** As somebody is called who is here already. */
const stranger = 'Ada';
const words = 'We met at the lake';

const sharesRow = (world: World): Locator => rowOf(world, 'Shares', 'photos');
const requestRow = (world: World): Locator => peersPane(world).locator('.monaco-list-row', { hasText: 'asks to be let in' });
const blockedRow = (world: World): Locator => rowOf(world, 'Peers', 'Blocked');
const dialog = ({ window }: World): Locator => window.page.locator('.monaco-dialog-box');

async function ownPeerId({ peer }: World): Promise<PeerId> {
  const me = (await peer.client.request('peers/list', {})).find(({ nickname }) => nickname === 'Grace');
  if (me === undefined) throw new Error('the peer does not know us');
  return me.peerId;
}

/** Waits until the peer sees the share, or does not any more. */
async function seen(world: World, isSeen: boolean): Promise<void> {
  const peerId = await ownPeerId(world);
  if (isSeen) {
    await shareArrives(world.peer, peerId, 'photos');
    return;
  }
  await until('the share to go at the peer', async () => {
    const shares = await world.peer.client.request('catalog/shares', { peerId });
    return shares.every(({ title }) => title !== 'photos');
  });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + waitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200)))
    if (await isSo()) return;
  throw new Error(`waited ${waitMs} ms for ${what}`);
}

async function openAudience(world: World): Promise<void> {
  await world.window.contextMenu(sharesRow(world), 'Who May See It…');
  await world.window.quickRow('Everyone').waitFor();
}

export const accessSteps: readonly Step[] = [
  {
    name: 'who may see a share is a list to tick; fewer is asked about, said in the row, and takes the share from the peer',
    shot: 'audience',
    async run(world) {
      const { window } = world;
      await showPotluck(world);
      await collapseAll(world);
      await window.togglePane('Shares', true);
      await openAudience(world);
      await window.quickRow('Ada').first().waitFor();
      await tick(world, 'Everyone');
      await window.quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
      await dialog(world)
        .filter({ hasText: /will not see it any more: Ada/ })
        .waitFor();
      await window.dialogButton('Show to Fewer').click();
      await sharesRow(world).filter({ hasText: 'for nobody' }).waitFor({ timeout: waitMs });
      await seen(world, false);
    },
  },
  {
    name: 'a party ticked instead of everyone shows the share to its members again; everyone is asked about',
    shot: 'audience-party',
    async run(world) {
      const { window, peer } = world;
      await openAudience(world);
      await tick(world, 'Everyone');
      await tick(world, peer.party);
      await window.quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
      await sharesRow(world)
        .filter({ hasText: `for ${peer.party}` })
        .waitFor({ timeout: waitMs });
      await seen(world, true);
      await openAudience(world);
      await tick(world, 'Everyone');
      await window.quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
      await window.dialogButton('Show to Everyone').click();
      await sharesRow(world).filter({ hasNotText: 'for ' }).waitFor({ timeout: waitMs });
    },
  },
  {
    name: 'a stranger who asks to be let in has a row and one notification, with its words',
    shot: 'request',
    async run(world) {
      const { window } = world;
      const peerId = await ownPeerId(world);
      const asking = await world.another(stranger);
      world.kept.asking = asking;
      await asking.client.request('peers/connect', { peerId });
      await asking.client.request('access/ask', { peerId, text: words });
      await requestRow(world).filter({ hasText: words }).waitFor({ timeout: waitMs });
      await window.toast(words).waitFor({ timeout: waitMs });
      await window.page.locator('.activitybar .badge-content', { hasText: '1' }).first().waitFor();
    },
  },
  {
    name: 'letting it in shows its key and what it will see, warns of the name, and then shows it the shares',
    shot: 'let-in',
    async run(world) {
      const { window } = world;
      await window.toast(words).locator('.monaco-button', { hasText: 'Let In…' }).click();
      const question = dialog(world);
      for (const text of ['photos', 'Careful', world.kept.asking?.peerId ?? '?'])
        await question.filter({ hasText: text }).waitFor();
      await window.dialogButton('Let In').click();
      await requestRow(world).waitFor({ state: 'hidden' });
      if (world.kept.asking === undefined) throw new Error('nobody asked');
      await shareArrives(world.kept.asking, await ownPeerId(world), 'photos');
    },
  },
  {
    name: 'a blocked peer is gone at once, and stands below all, where it is unblocked',
    shot: 'blocked',
    async run(world) {
      const { window } = world;
      const derivedName = (await world.kept.asking?.client.request('sidecar/status', {}))?.derivedName ?? '?';
      const row = peersPane(world).locator('.monaco-list-row', { hasText: derivedName });
      await window.contextMenu(row, 'Block Peer…');
      await dialog(world).filter({ hasText: derivedName }).waitFor();
      await window.dialogButton('Block').click();
      await window.expand(blockedRow(world));
      await row.filter({ hasText: 'blocked' }).waitFor();
      const peerId = await ownPeerId(world);
      await until('the blocked peer to be cut off', async () => {
        const peers = (await world.kept.asking?.client.request('peers/list', {})) ?? [];
        return peers.find((peer) => peer.peerId === peerId)?.isOnline !== true;
      });
    },
  },
  {
    name: 'unblocked, it is a peer again and comes back',
    shot: 'unblocked',
    async run(world) {
      const { window } = world;
      await window.contextMenu(peersPane(world).locator('.monaco-list-row', { hasText: 'blocked' }).last(), 'Unblock Peer…');
      await window.dialogButton('Unblock').click();
      await blockedRow(world).waitFor({ state: 'hidden' });
      if (world.kept.asking === undefined) throw new Error('nobody asked');
      await shareArrives(world.kept.asking, await ownPeerId(world), 'photos');
    },
  },
  {
    name: 'what works of the network is a read-only report, with how each peer is reached',
    shot: 'network',
    async run(world) {
      const { window } = world;
      await window.runCommand('Potluck: Network: What Works');
      await window.activeTab('Potluck Network').waitFor({ timeout: waitMs });
      await window.editorText('What works of the network');
      await window.editorText('Everything runs on this machine');
    },
  },
];
