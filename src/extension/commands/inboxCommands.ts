// potluck.inbox.* and potluck.dropbox.*: what peers want to send is taken, refused, or taken by rule. Nothing comes without consent.

import * as vscode from 'vscode';
import type { Audience } from '../../protocol/model.ts';
import type { DropBox, IncomingOffer } from '../../protocol/sending.ts';
import { displayName, iconSafeName, messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { chooseTarget } from '../links/linkWork.ts';
import {
  canAccept,
  canDecline,
  dropBoxAudience,
  incomingState,
  isIncomingOver,
  itemsText,
  senderName,
  sizeText,
} from '../sending/offerRows.ts';
import type { CommandTable, Services } from '../services.ts';
import { formatBytes, formatCount, t } from '../text.ts';
import { pickPeers } from './audiencePick.ts';
import { isFineInside } from './downloadFolder.ts';
import { confirm } from './picks.ts';
import { offerIdOf } from './sendCommands.ts';
import { peerIdOf } from './targets.ts';

const mebibyte = 1024 * 1024;

export function inboxCommands(services: Services): CommandTable {
  const { sidecar, world, offers } = services;

  async function offerOf(
    given: unknown,
    title: string,
    accepts: (offer: IncomingOffer) => boolean,
  ): Promise<IncomingOffer | undefined> {
    await offers.read('incoming');
    const [id, peer] = [offerIdOf(given), peerIdOf(given)];
    const known = offers.incoming.find(({ offerId, peerId }) => offerId === id && peerId === peer);
    if (known !== undefined) return known;
    const items = offers.incoming.filter(accepts).map((offer) => ({
      label: iconSafeName(itemsText(offer.items)),
      description: iconSafeName(`${t('from {0}', senderName(offer))} · ${incomingState(offer)}`),
      detail: sizeText(offer),
      offer,
    }));
    if (items.length === 0) void services.messages.info(t('Nobody offers you anything now.'));
    return items.length === 0 ? undefined : (await vscode.window.showQuickPick(items, { title }))?.offer;
  }

  /** Says what comes from whom, and where it goes. */
  async function accept(offer: IncomingOffer, folder: string): Promise<void> {
    const { peerId, offerId } = offer;
    const detail = [
      sizeText(offer),
      t('Into {0}', messageName(folder, 300)),
      ...(offer.text === '' ? [] : [t('It says: {0}', `“${messageName(offer.text, limits.offerTextCharacters)}”`)]),
      t('Key: {0}', peerId),
    ].join('\n');
    const question = t('Take {0} from {1}?', messageName(itemsText(offer.items)), messageName(senderName(offer)));
    if (!(await confirm(question, detail, t('Accept')))) return;
    await sidecar.request('inbox/accept', { peerId, offerId, folder });
    await offers.read('incoming');
  }

  async function setDropBox(audience: Audience, whose: string, box?: DropBox): Promise<DropBox | undefined> {
    const folder = box?.folder ?? (await chooseTarget(t('Into Which Folder?'), t('Use This Folder')));
    if (folder === undefined) return undefined;
    const size = await vscode.window.showInputBox({
      title: t('At Most How Much, in MiB?'),
      prompt: t('What lies in {0} and what is on its way must fit into this. Beyond it you are asked.', displayName(folder)),
      value: String(Math.max(1, Math.round((box?.quotaBytes ?? 1024 * mebibyte) / mebibyte))),
      ignoreFocusOut: true,
      validateInput: (value) => (quotaOf(value) === undefined ? t('A whole number of MiB, 1 at least.') : undefined),
    });
    const quotaBytes = size === undefined ? undefined : quotaOf(size);
    if (quotaBytes === undefined) return undefined;
    const question = t('Take by itself what is offered by {0}?', messageName(whose));
    const detail = [
      t('Into {0}', messageName(folder, 300)),
      t('Up to {0}. Nothing is opened or run.', formatBytes(quotaBytes)),
    ].join('\n');
    if (!(await confirm(question, detail, t('Take It Always')))) return undefined;
    const id = box === undefined ? {} : { dropBoxId: box.dropBoxId };
    const set = await sidecar.request('dropBoxes/set', { ...id, folder, audience, quotaBytes });
    await offers.read('dropBoxes', 'incoming');
    return set;
  }

  async function dropBoxOf(given: unknown, title: string): Promise<DropBox | undefined> {
    await Promise.all([offers.read('dropBoxes'), world.load()]);
    const id = typeof given === 'object' && given !== null ? (given as { dropBoxId?: unknown }).dropBoxId : given;
    const known = offers.dropBoxes.find(({ dropBoxId }) => dropBoxId === id);
    if (known !== undefined) return known;
    const items = offers.dropBoxes.map((box) => ({
      label: iconSafeName(box.folder),
      description: iconSafeName(dropBoxAudience(box, world)),
      box,
    }));
    if (items.length === 0) void services.messages.info(t('You have no drop box.'));
    return items.length === 0 ? undefined : (await vscode.window.showQuickPick(items, { title }))?.box;
  }

  return {
    /** Into the download folder; what is missing of one that failed, into the folder of before. */
    'inbox.accept': async (given: unknown) => {
      const offer = await offerOf(given, t('Accept Which Offer?'), canAccept);
      if (offer === undefined) return;
      const folder = offer.folder ?? (await sidecar.request('settings/get', {})).downloadFolder;
      if (await isFineInside(folder)) await accept(offer, folder);
    },

    'inbox.acceptTo': async (given: unknown) => {
      const offer = await offerOf(given, t('Accept Which Offer?'), canAccept);
      const folder = offer && (await chooseTarget(t('Into Which Folder?'), t('Accept')));
      if (offer !== undefined && folder !== undefined) await accept(offer, folder);
    },

    'inbox.decline': async (given: unknown) => {
      const offer = await offerOf(given, t('Decline Which Offer?'), canDecline);
      if (offer === undefined) return;
      await sidecar.request('inbox/decline', { peerId: offer.peerId, offerId: offer.offerId });
      await offers.read('incoming');
    },

    /** From now on what this peer offers goes into a folder by itself. */
    'inbox.always': async (given: unknown) => {
      const offer = await offerOf(given, t('Always Take from Whom?'), () => true);
      if (offer === undefined) return;
      await setDropBox({ everyone: false, partyIds: [], peerIds: [offer.peerId] }, senderName(offer));
    },

    /** All that is in it, by names and sizes. */
    'inbox.show': async (given: unknown) => {
      const offer = await offerOf(given, t('Look into Which Offer?'), () => true);
      if (offer === undefined) return;
      const { peerId, offerId } = offer;
      const { entries, total } = await sidecar.request('inbox/entries', { peerId, offerId, limit: limits.offerRows });
      const items = entries.map(({ path, kind, sizeBytes }) => ({
        label: `$(${kind}) ${iconSafeName(path)}`,
        ...(kind === 'file' ? { description: formatBytes(sizeBytes) } : {}),
      }));
      if (total > entries.length) items.push({ label: t('… {0} more', formatCount(total - entries.length)) });
      await vscode.window.showQuickPick(items, { title: t('What {0} Offers', displayName(senderName(offer))) });
    },

    /** One that ended. */
    'inbox.clear': async (given: unknown) => {
      const offer = await offerOf(given, t('Remove Which Offer from the List?'), isIncomingOver);
      if (offer === undefined) return;
      await sidecar.request('inbox/clear', { peerId: offer.peerId, offerId: offer.offerId });
      await offers.read('incoming');
    },

    /** All that ended. */
    'inbox.clearAll': async () => {
      await sidecar.request('inbox/clear', {});
      await offers.read('incoming');
    },

    'dropbox.add': async () => {
      await world.load();
      const audience = await pickPeers(world, whoseQuestion(), { everyone: false, partyIds: [], peerIds: [] });
      if (audience !== undefined) await setDropBox(audience, dropBoxAudience({ audience }, world));
    },

    /** Whose offers it takes, and how much. */
    'dropbox.set': async (given: unknown) => {
      const box = await dropBoxOf(given, t('Change Which Drop Box?'));
      if (box === undefined) return;
      const audience = await pickPeers(world, whoseQuestion(), box.audience);
      if (audience !== undefined) await setDropBox(audience, dropBoxAudience({ audience }, world), box);
    },

    'dropbox.remove': async (given: unknown) => {
      const box = await dropBoxOf(given, t('Remove Which Drop Box?'));
      if (box === undefined) return;
      await sidecar.request('dropBoxes/remove', { dropBoxId: box.dropBoxId });
      await offers.read('dropBoxes');
    },
  };
}

function whoseQuestion(): string {
  return t('Whose Offers Go into the Drop Box?');
}

function quotaOf(text: string): number | undefined {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
  return value >= 1 ? value * mebibyte : undefined;
}
