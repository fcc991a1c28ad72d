// Offers of others: kept as lists of names and sizes until a person, or the rule of a drop box, says yes. Then each thing in it is an ordinary download from
// its sender. What peers say is hostile until it is checked.

import { AppError } from '../../protocol/errors.ts';
import type { DownloadId, OfferId, PeerId } from '../../protocol/ids.ts';
import type { ConflictPolicy, DownloadInfo, DownloadState, EntryRef } from '../../protocol/model.ts';
import type { IncomingOffer, IncomingState, OfferEntry } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import { derivedName } from '../peers/names.ts';
import type { OfferAnswer, OfferEndMessage, OfferListMessage, OfferMessage } from '../wire/sendingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { isKnownPeer, type SendingParts } from './contract.ts';
import type { Room } from './dropBoxes.ts';
import { IncomingLists } from './incomingLists.ts';
import { decodeManifest, itemsOf } from './manifest.ts';
import { OfferLists } from './offerLists.ts';
import { keyOf, type OfferRow, OfferTable } from './offerTable.ts';
import { safeLines } from './text.ts';

export interface InboxOptions extends SendingParts {
  downloads(): {
    add(ref: EntryRef, options: { folder?: string; conflict?: ConflictPolicy }): Promise<DownloadInfo>;
    list(): DownloadInfo[];
    cancel(downloadId: DownloadId): Promise<DownloadInfo>;
  };
  /** The configured download folder. */
  folder(): string;
  onChange(offer: { peerId: PeerId; offerId: OfferId; isNew: boolean }): void;
  /** A new one came: a rule may take it. */
  onOffered(offer: InboxRow): void;
}

export type InboxRow = OfferRow<IncomingState>;

export interface Acceptance {
  folder: string;
  conflict?: ConflictPolicy;
  dropBoxId?: string;
}

const unfinished: readonly DownloadState[] = ['queued', 'running', 'waiting', 'paused'];

export class Inbox {
  readonly lists: OfferLists<IncomingState>;
  readonly #options: InboxOptions;
  readonly #table: OfferTable<IncomingState>;
  readonly #incoming: IncomingLists;
  /** States of downloads of accepted offers. */
  readonly #downloads = new Map<DownloadId, DownloadState>();
  readonly #accepting = new Map<string, Promise<IncomingOffer>>();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#table = new OfferTable(options.database, { isOurs: false, ends: ['done', 'declined', 'withdrawn', 'expired'] });
    this.lists = new OfferLists(this.#table);
    this.#incoming = new IncomingLists(options.talk);
  }

  /** After downloads. */
  open(): void {
    for (const { downloadId, state } of this.#options.downloads().list()) this.#downloads.set(downloadId, state);
    for (const row of this.#table.list()) this.#judge(row);
  }

  close(): void {
    this.#incoming.close();
  }

  /** All that are not at their end, for rules. */
  offered(): InboxRow[] {
    return this.#table.list().filter(({ state }) => state === 'offered');
  }

  /** What accepted offers of a drop box still bring. */
  coming(dropBoxId: string): Room {
    const sum: Room = { bytes: 0, entries: 0 };
    for (const row of this.#table.list()) {
      if (row.state !== 'accepted' || row.dropBoxId !== dropBoxId) continue;
      sum.bytes += row.totalBytes;
      sum.entries += row.fileCount + row.folderCount;
    }
    return sum;
  }

  list(): IncomingOffer[] {
    return this.#table.list().map((row) => this.#info(row));
  }

  entries(
    peerId: PeerId,
    offerId: OfferId,
    { offset, limit }: { offset: number; limit: number },
  ): { entries: OfferEntry[]; total: number } {
    this.#find(peerId, offerId);
    const list = this.lists.of(peerId, offerId);
    if (list === undefined) throw new AppError('not-found', 'This offer has ended; what was in it is not kept.');
    return { entries: list.entries.slice(offset, offset + limit), total: list.entries.length };
  }

  /** Rejects as `inbox/accept` says. */
  accept(peerId: PeerId, offerId: OfferId, wanted: Partial<Acceptance>): Promise<IncomingOffer> {
    const key = keyOf(peerId, offerId);
    const running = this.#accepting.get(key);
    if (running !== undefined) return running;
    const accepting = this.#accept(peerId, offerId, wanted).finally(() => this.#accepting.delete(key));
    this.#accepting.set(key, accepting);
    return accepting;
  }

  async decline(peerId: PeerId, offerId: OfferId): Promise<IncomingOffer> {
    const row = this.#find(peerId, offerId);
    if (this.#table.isOpen(row)) {
      this.#change(row, { state: 'declined' });
      this.#answer(row, 'declined');
      await this.#cancelDownloads(row);
    }
    return this.#info(row);
  }

  clear(peerId: PeerId | undefined, offerId: OfferId | undefined): void {
    const rows = peerId !== undefined && offerId !== undefined ? [this.#find(peerId, offerId)] : this.#table.list();
    for (const row of rows) {
      if (!this.#table.isOpen(row)) this.#remove(row);
      else if (offerId !== undefined) throw new AppError('busy', 'This offer has not ended. Accept or decline it first.');
    }
  }

  /** Its offers go; what was accepted is cancelled. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    for (const row of this.#table.list()) {
      if (row.peerId !== peerId) continue;
      await this.#cancelDownloads(row);
      this.#remove(row);
    }
  }

  /** A peer offers something. Throws `protocol`. */
  heard(session: PeerSession, offer: OfferMessage): void {
    const { peerId } = session;
    const say = (answer: OfferAnswer): void =>
      this.#options.talk.say(session, { type: 'offerAnswer', offerId: offer.offerId, answer });
    if (!isKnownPeer(this.#options.viewer(session))) return say('unwelcome');
    const known = this.#table.get(peerId, offer.offerId);
    if (known !== undefined) return say(answerOf(known.state));
    if (this.#isFull(peerId)) return say('full');
    if (offer.listBytes === 0 || offer.fileCount + offer.folderCount > sendingLimits.entries)
      throw new AppError('protocol', 'An offer of files breaks the rules: it is empty or too large.');
    this.#incoming.take(session, offer);
  }

  /** A part of a list came. Throws `protocol`. */
  listed(session: PeerSession, message: OfferListMessage): void {
    const whole = this.#incoming.part(session, message);
    if (whole === undefined || !isKnownPeer(this.#options.viewer(session))) return;
    const { offer, list } = whole;
    const { offerId, fileCount, folderCount, totalBytes } = offer;
    if (this.#table.get(session.peerId, offerId) !== undefined) return;
    const items = itemsOf(decodeManifest(list, { fileCount, folderCount, totalBytes }));
    // Others of it came while this list was on its way, over this session or another.
    if (this.#isFull(session.peerId)) return this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer: 'full' });
    const atMs = this.#now;
    const row: InboxRow = {
      ...{
        peerId: session.peerId,
        offerId,
        text: safeLines(offer.text),
        items,
        fileCount,
        folderCount,
        totalBytes,
        manifest: list,
      },
      ...{ paths: [], state: 'offered', isTold: false, reason: undefined, atMs, folder: undefined, downloadIds: [] },
      ...{ expiresAtMs: atMs + Math.min(offer.expiresInMs, sendingLimits.offerMaxMs), dropBoxId: undefined },
    };
    this.#table.insert(row);
    this.#options.log.info(`${session.peerId} offers ${fileCount} files`);
    this.#answer(row, 'received');
    this.#options.onChange({ peerId: row.peerId, offerId, isNew: true });
    this.#options.onOffered(row);
  }

  /** Its sender takes it back, or it is over. */
  ended(session: PeerSession, { offerId }: OfferEndMessage): void {
    this.#incoming.drop(session, offerId);
    const row = this.#table.get(session.peerId, offerId);
    if (row === undefined || !this.#table.isOpen(row)) return;
    this.#change(row, { state: 'withdrawn' });
    void this.#cancelDownloads(row);
  }

  sessionClosed(session: PeerSession): void {
    this.#incoming.closed(session);
  }

  /** A download changed: one of an offer may have ended. */
  downloadChanged({ downloadId, entry, state }: DownloadInfo): void {
    const row = this.lists.row(entry.peerId, entry.shareId);
    if (row === undefined || this.#downloads.get(downloadId) === state) return;
    this.#downloads.set(downloadId, state);
    if (row.downloadIds.includes(downloadId)) this.#judge(row);
  }

  /** Offers that are over. What was accepted goes on: its sender decides. */
  sweep(): void {
    for (const row of this.#table.list())
      if (row.state === 'offered' && row.expiresAtMs <= this.#now) this.#change(row, { state: 'expired' });
  }

  #isFull(peerId: PeerId): boolean {
    return this.#table.openCount(peerId) >= sendingLimits.openOffers || this.#table.openCount() >= sendingLimits.allOffers;
  }

  async #accept(peerId: PeerId, offerId: OfferId, wanted: Partial<Acceptance>): Promise<IncomingOffer> {
    const row = this.#find(peerId, offerId);
    if (row.state === 'accepted' || row.state === 'done') return this.#info(row);
    if (row.state === 'offered' && row.expiresAtMs <= this.#now) this.#change(row, { state: 'expired' });
    if (!this.#table.isOpen(row))
      throw new AppError('not-found', `This offer was ${row.state}. Ask its sender to send it again.`);
    const { folder = this.#options.folder(), conflict, dropBoxId } = wanted;
    const downloads = this.#options.downloads();
    const added: DownloadId[] = [];
    try {
      for (const { name } of row.items) {
        const ref = { peerId, shareId: offerId as unknown as EntryRef['shareId'], path: name };
        const { downloadId, state } = await downloads.add(ref, { folder, ...(conflict && { conflict }) });
        added.push(downloadId);
        this.#downloads.set(downloadId, state);
      }
    } catch (error) {
      for (const downloadId of added) await downloads.cancel(downloadId);
      throw error;
    }
    // Taken back, or its sender blocked, while it was accepted.
    if (!this.#table.isOpen(row) || this.#table.get(peerId, offerId) !== row) {
      for (const downloadId of added) await downloads.cancel(downloadId);
      throw new AppError('not-found', 'This offer was taken back just now.');
    }
    this.#change(row, { state: 'accepted', folder, downloadIds: added, dropBoxId });
    this.#answer(row, 'accepted');
    this.#judge(row);
    return this.#info(row);
  }

  /** What became of an accepted offer, by its downloads. */
  #judge(row: InboxRow): void {
    if (row.state !== 'accepted' && row.state !== 'failed') return;
    const states = row.downloadIds.map((downloadId) => this.#downloads.get(downloadId));
    const isDone = states.every((state) => state === 'done');
    const isComing = states.some((state) => state !== undefined && unfinished.includes(state));
    const state = isDone ? 'done' : isComing ? 'accepted' : 'failed';
    if (state === row.state) return;
    this.#change(row, { state });
    if (state === 'done') this.#answer(row, 'delivered');
  }

  async #cancelDownloads({ downloadIds }: InboxRow): Promise<void> {
    for (const downloadId of downloadIds) {
      const state = this.#downloads.get(downloadId);
      if (state === undefined || !unfinished.includes(state)) continue;
      try {
        await this.#options.downloads().cancel(downloadId);
      } catch {
        // It was cleared meanwhile.
      }
    }
  }

  /** Told when its sender is here; else it asks when it comes. */
  #answer({ peerId, offerId }: InboxRow, answer: OfferAnswer): void {
    const session = this.#options.session(peerId);
    if (session !== undefined) this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer });
  }

  #change(row: InboxRow, change: Partial<InboxRow>): void {
    this.#table.change(row, change);
    this.#options.onChange({ peerId: row.peerId, offerId: row.offerId, isNew: false });
  }

  #remove(row: InboxRow): void {
    this.#table.delete(row);
    this.#options.onChange({ peerId: row.peerId, offerId: row.offerId, isNew: false });
  }

  #find(peerId: PeerId, offerId: OfferId): InboxRow {
    const row = this.#table.get(peerId, offerId);
    if (row === undefined) throw new AppError('not-found', 'There is no such offer any more. Look at the inbox again.');
    return row;
  }

  #info(row: InboxRow): IncomingOffer {
    const { peerId, offerId, text, items, fileCount, folderCount, totalBytes, state, atMs, expiresAtMs } = row;
    return {
      ...{ offerId, peerId, name: this.#options.nameOf(peerId), derivedName: derivedName(peerId), text, items },
      ...{ fileCount, folderCount, totalBytes, state, receivedAtMs: atMs, expiresAtMs, downloadIds: row.downloadIds },
      isOnline: this.#options.session(peerId) !== undefined,
      ...(row.folder !== undefined && { folder: row.folder }),
      ...(row.dropBoxId !== undefined && { dropBoxId: row.dropBoxId }),
    };
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}

/** What its sender is told of an offer that it makes again. */
function answerOf(state: IncomingState): OfferAnswer {
  switch (state) {
    case 'offered':
      return 'received';
    case 'accepted':
    case 'failed':
      return 'accepted';
    case 'done':
      return 'delivered';
    case 'declined':
    case 'withdrawn':
    case 'expired':
      return 'declined';
  }
}
