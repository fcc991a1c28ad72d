// potluck.peer.send and potluck.outbox.*: files of this machine offered to one peer, after a look at what would go and what is left out.

import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import { isOfferId, type OfferId } from '../../protocol/ids.ts';
import type { PeerInfo } from '../../protocol/model.ts';
import type { OfferPreview, OutgoingOffer } from '../../protocol/sending.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { displayName, iconSafeName, messageName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { limits } from '../limits.ts';
import { isOutgoingOpen, itemsText, outgoingState, sizeText } from '../sending/offerRows.ts';
import type { CommandTable, Services } from '../services.ts';
import { secretKindText } from '../secretText.ts';
import { formatCount, t } from '../text.ts';
import { skippedTotal } from '../views/sharesModel.ts';
import { confirm, pickPeer } from './picks.ts';
import { localUriOf, peerIdOf, selectionOf } from './targets.ts';

export function sendCommands(services: Services): CommandTable {
  const { sidecar, world, offers } = services;

  async function peerOf(given: unknown): Promise<PeerInfo | undefined> {
    await world.load();
    const peerId = localUriOf(given) === undefined ? peerIdOf(given) : undefined;
    const known = peerId === undefined ? undefined : world.peer(peerId);
    if (known?.isStranger === true || known?.isBlocked === true) throw invalidArgument(t('a peer that you let in'));
    return known ?? pickPeer(services, t('Send to Which Peer?'), ({ isStranger, isBlocked }) => !isStranger && !isBlocked);
  }

  /** Names left out are told before anything is offered. */
  async function isWanted(peer: PeerInfo, preview: OfferPreview, { isAgain }: { isAgain: boolean }): Promise<boolean> {
    const skipped = skippedTotal(preview.skippedCounts);
    const names = preview.skipped.slice(0, 8).map(({ path }) => messageName(path, 80));
    const { suspects, found } = preview.secrets;
    const secrets = suspects
      .slice(0, 8)
      .map(({ path, kinds }) => `${messageName(path, 80)} (${kinds.map(secretKindText).join(', ')})`);
    const detail = [
      ...(isAgain ? [t('It changed since you looked: this is how it is now.')] : []),
      sizeText(preview),
      peer.isOnline ? t('It is asked at once.') : t('It is offline: it is asked when it comes.'),
      t('Nothing is copied before it accepts. Nobody else learns of it.'),
      ...(skipped === 0 ? [] : ['', t('Left out as secret or ignored: {0}', formatCount(skipped)), ...names]),
      ...(found === 0 ? [] : ['', t('Looks secret, and would be sent: {0}', formatCount(found)), ...secrets]),
    ].join('\n');
    return confirm(t('Send {0} to {1}?', messageName(itemsText(preview.items)), messageName(peer.name)), detail, t('Send'));
  }

  /** Asks again while what would go is not what was looked at last. */
  async function offerWhenWanted(peer: PeerInfo, paths: string[]): Promise<OutgoingOffer | undefined> {
    let text: string | undefined;
    for (let isAgain = false; ; isAgain = true) {
      const preview = await withDelayedProgress(t('Looking at what would be sent'), (signal) =>
        sidecar.request('outbox/preview', { paths }, { signal, timeoutMs: limits.previewMs }),
      );
      if (!(await isWanted(peer, preview, { isAgain }))) return undefined;
      text ??= await askText(peer);
      if (text === undefined) return undefined;
      try {
        return await send(peer, { paths, text }, preview);
      } catch (error) {
        if (asAppError(error).kind !== 'changed') throw error;
      }
    }
  }

  /** It walks the folders once more. Rejects as `outbox/send` does: with `changed` when it is not what the preview showed. */
  function send(
    { peerId }: PeerInfo,
    { paths, text }: { paths: string[]; text: string },
    { fileCount, totalBytes }: OfferPreview,
  ): Promise<OutgoingOffer> {
    const offer = { peerId, paths, fileCount, totalBytes, ...(text === '' ? {} : { text }) };
    return withDelayedProgress(t('Offering it'), (signal) =>
      sidecar.request('outbox/send', offer, { signal, timeoutMs: limits.previewMs }),
    );
  }

  async function askText(peer: PeerInfo): Promise<string | undefined> {
    const text = await vscode.window.showInputBox({
      title: t('A Word with It'),
      prompt: t('{0} reads it before it accepts.', displayName(peer.name)),
      placeHolder: t('Optional'),
      ignoreFocusOut: true,
      validateInput: (value) =>
        value.length > limits.offerTextCharacters ? t('At most {0} characters.', limits.offerTextCharacters) : undefined,
    });
    return text?.trim();
  }

  async function offerOf(
    given: unknown,
    title: string,
    accepts: (offer: OutgoingOffer) => boolean,
  ): Promise<OutgoingOffer | undefined> {
    await offers.read('outgoing');
    const id = offerIdOf(given);
    const known = offers.outgoing.find(({ offerId }) => offerId === id);
    if (known !== undefined) return known;
    const items = offers.outgoing.filter(accepts).map((offer) => ({
      label: iconSafeName(itemsText(offer.items)),
      description: iconSafeName(`${t('to {0}', displayName(offer.name))} · ${outgoingState(offer)}`),
      offer,
    }));
    if (items.length === 0) void services.messages.info(t('There is no such offer.'));
    return items.length === 0 ? undefined : (await vscode.window.showQuickPick(items, { title }))?.offer;
  }

  return {
    /** From the Explorer `(uri, uris)`, from a peer's row `(node)`, or `(peer, uris)` of what was dropped on one. */
    'peer.send': async (given: unknown, all: unknown) => {
      const isFromExplorer = localUriOf(given) !== undefined;
      const dropped = selectionOf(isFromExplorer ? given : undefined, all, localUriOf);
      let uris = dropped.map((parts) => vscode.Uri.from(parts));
      const peer = await peerOf(given);
      if (peer === undefined) return undefined;
      if (uris.length === 0) uris = await pickFiles(peer);
      const paths = uris.map((uri) => uri.fsPath);
      if (paths.length === 0) return undefined;
      if (paths.length > limits.offerPaths) throw invalidArgument(t('at most {0} files and folders at once', limits.offerPaths));
      const offer = await offerWhenWanted(peer, paths);
      if (offer === undefined) return undefined;
      vscode.window.setStatusBarMessage(t('Offered to {0}.', iconSafeName(peer.name)), 5000);
      await offers.read('outgoing');
      return offer;
    },

    'outbox.withdraw': async (given: unknown) => {
      const offer = await offerOf(given, t('Take Back Which Offer?'), isOutgoingOpen);
      if (offer === undefined) return;
      await sidecar.request('outbox/withdraw', { offerId: offer.offerId });
      await offers.read('outgoing');
    },

    /** One that ended. */
    'outbox.clear': async (given: unknown) => {
      const offer = await offerOf(given, t('Remove Which Offer from the List?'), (one) => !isOutgoingOpen(one));
      if (offer === undefined) return;
      await sidecar.request('outbox/clear', { offerId: offer.offerId });
      await offers.read('outgoing');
    },

    /** All that ended. */
    'outbox.clearAll': async () => {
      await sidecar.request('outbox/clear', {});
      await offers.read('outgoing');
    },
  };
}

/** Of a row of the view of offers, an offer, or the id itself. */
export function offerIdOf(value: unknown): OfferId | undefined {
  const id = typeof value === 'object' && value !== null ? (value as { offerId?: unknown }).offerId : value;
  return typeof id === 'string' && isOfferId(id) ? id : undefined;
}

async function pickFiles(peer: PeerInfo): Promise<vscode.Uri[]> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Send What to {0}?', displayName(peer.name)),
    openLabel: t('Send'),
    canSelectFiles: true,
    canSelectFolders: true,
    canSelectMany: true,
  });
  return (picked ?? []).filter(({ scheme }) => scheme === 'file');
}
