// Offers of others: kept as lists of names and sizes until a person, or the rule of a drop box, says yes. Then each thing in it is an ordinary download from
// its sender. What peers say is hostile until it is checked.

import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import type { OfferId, PeerId } from '../../protocol/ids.ts';
import type { ConflictPolicy, DownloadInfo } from '../../protocol/model.ts';
import type { IncomingOffer, IncomingState, OfferEntry } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import { derivedName } from '../peers/names.ts';
import type { OfferAnswer, OfferEndMessage, OfferListMessage, OfferMessage } from '../wire/sendingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { isKnownPeer, type SendingParts } from './contract.ts';
import type { Room } from './boxRoom.ts';
import { IncomingLists } from './incomingLists.ts';
import { decodeManifest, itemsOf } from './manifest.ts';
import { OfferDownloads, type OfferQueue } from './offerDownloads.ts';
import { OfferLists } from './offerLists.ts';
import { keyOf, type OfferRow, OfferTable } from './offerTable.ts';
import { safeLines } from './text.ts';

export interface InboxOptions extends SendingParts {
  downloads(): OfferQueue;
  /** The configured download folder. */
  folder(): string;
  onChange(offer: { peerId: PeerId; offerId: OfferId; isNew: boolean }): void;
  /** A new one came: a rule may take it. */
  onOffered(offer: InboxRow): void;
  /** Nothing more of it comes into this folder. */
  onSettled(folder: string): void;
}

export type InboxRow = OfferRow<IncomingState>;

export interface Acceptance {
  folder: string;
  conflict?: ConflictPolicy;
  dropBoxId?: string;
}

export class Inbox {
  readonly lists: OfferLists<IncomingState>;
  readonly #options: InboxOptions;
  readonly #table: OfferTable<IncomingState>;
  readonly #incoming: IncomingLists;
  readonly #downloads: OfferDownloads;
  readonly #accepting = new Map<string, Promise<IncomingOffer>>();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#table = new OfferTable(options.database, { isOurs: false, ends: ['done', 'declined', 'withdrawn', 'expired'] });
    this.lists = new OfferLists(this.#table);
    this.#incoming = new IncomingLists({
      talk: options.talk,
      isFull: (session, { listBytes }) => {
        this.#makeRoom(session.peerId);
        return this.#isFull(session, listBytes);
      },
    });
    this.#downloads = new OfferDownloads(() => options.downloads());
  }

  /** After downloads. */
  async open(): Promise<void> {
    const left = new Map<InboxRow, DownloadInfo[]>();
    for (const download of this.#options.downloads().list()) {
      const row = this.lists.row(download.entry.peerId, download.entry.shareId);
      if (row === undefined) continue;
      this.#downloads.note(download);
      if (row.state !== 'offered' || download.state === 'failed' || download.state === 'cancelled') continue;
      left.set(row, [...(left.get(row) ?? []), download]);
    }
    for (const [row, downloads] of left) await this.#goOn(row, downloads);
    for (const row of this.#table.each()) this.#judge(row);
  }

  close(): void {
    this.#incoming.close();
  }

  /** Those that wait for an answer, of all or of one peer, for rules. */
  offered(peerId?: PeerId): InboxRow[] {
    return this.#table.each(peerId).filter(({ state }) => state === 'offered');
  }

  /** What accepted offers still bring into places for which `isMeant`. */
  coming(isMeant: (folder: string) => boolean): Room {
    const sum: Room = { bytes: 0, entries: 0 };
    for (const row of this.#table.each()) {
      if (row.state !== 'accepted' || row.folder === undefined || !isMeant(row.folder)) continue;
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
    if (this.#table.isOpen(row)) await this.#end(row, 'declined');
    return this.#info(row);
  }

  clear(peerId: PeerId | undefined, offerId: OfferId | undefined): void {
    const rows = peerId !== undefined && offerId !== undefined ? [this.#find(peerId, offerId)] : this.#table.list();
    for (const row of rows) {
      // One that failed and is cleared is wanted no more.
      if (row.state === 'failed') void this.#end(row, 'declined');
      if (!this.#table.isOpen(row)) this.#takeOff(row);
      else if (offerId !== undefined) throw new AppError('busy', 'This offer has not ended. Accept or decline it first.');
    }
  }

  /** Its offers go; what was accepted is cancelled. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    for (const row of this.#table.each(peerId)) {
      await this.#downloads.cancel(row.downloadIds);
      this.#table.delete(row);
      this.#changed(row);
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
    if (this.#isFull(session, list.byteLength))
      return this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer: 'full' });
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
        listBytes: list.byteLength,
      },
      ...{ paths: [], state: 'offered', isSaid: true, isTold: false, isHidden: false, reason: undefined, atMs },
      ...{ folder: undefined, downloadIds: [], doneIds: [] },
      ...{ expiresAtMs: atMs + Math.min(offer.expiresInMs, sendingLimits.offerMaxMs), dropBoxId: undefined },
    };
    this.#table.insert(row, list);
    this.#options.log.info(`${session.peerId} offers ${fileCount} files`);
    this.#answer(row, 'received');
    this.#options.onChange({ peerId: row.peerId, offerId, isNew: true });
    this.#options.onOffered(row);
  }

  /** Its sender takes it back, or it is over. The answer says that this is known here. */
  ended(session: PeerSession, { offerId }: OfferEndMessage): void {
    this.#incoming.drop(session, offerId);
    const row = this.#table.get(session.peerId, offerId);
    const answer = row === undefined || this.#table.isOpen(row) ? 'declined' : answerOf(row.state);
    if (row !== undefined && this.#table.isOpen(row)) {
      this.#change(row, { state: 'withdrawn', isTold: true });
      void this.#downloads.cancel(row.downloadIds);
    } else if (row !== undefined) this.#table.change(row, { isTold: true });
    this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer });
  }

  sessionClosed(session: PeerSession): void {
    this.#incoming.closed(session);
  }

  /** A download changed: one of an offer may have ended. */
  downloadChanged(download: DownloadInfo): void {
    const row = this.lists.row(download.entry.peerId, download.entry.shareId);
    if (row === undefined || this.#downloads.isNoted(download)) return;
    this.#downloads.note(download);
    if (row.downloadIds.includes(download.downloadId)) this.#judge(row);
  }

  /** Offers that are over, accepted ones too: their sender gives nothing of them any more. And ended ones that nobody makes again. */
  sweep(): void {
    for (const row of this.#table.each()) {
      if (this.#table.isOpen(row) && row.expiresAtMs <= this.#now) void this.#end(row, 'expired');
      else if (row.isHidden && row.expiresAtMs + sendingLimits.offerMs <= this.#now) this.#table.delete(row);
    }
  }

  /** An offer that failed, and was left so, gives its place to the next of its sender. */
  #makeRoom(peerId: PeerId): void {
    if (this.#table.open(peerId).offers < sendingLimits.openOffers) return;
    const failed = this.#table.each(peerId).find(({ state }) => state === 'failed');
    if (failed !== undefined) void this.#end(failed, 'expired');
  }

  /** Some places, and some room for lists, are kept free for peers that were added here. */
  #isFull(session: PeerSession, listBytes: number): boolean {
    const { peerId } = session;
    const { openOffers, allOffers, partyOffers, listBytesOfOne } = sendingLimits;
    const { isAddedByKey } = this.#options.viewer(session);
    const [ofOne, all] = [this.#table.open(peerId), this.#table.open()];
    const bytes = all.listBytes + this.#incoming.bytes + listBytes;
    return (
      ofOne.offers >= openOffers ||
      ofOne.listBytes + listBytes > listBytesOfOne ||
      all.offers >= (isAddedByKey ? allOffers : partyOffers) ||
      bytes > (isAddedByKey ? sendingLimits.listBytes : sendingLimits.partyListBytes)
    );
  }

  /** The sidecar ended while this was accepted: it is, when all of it is in the queue; else nothing of it. */
  async #goOn(row: InboxRow, downloads: readonly DownloadInfo[]): Promise<void> {
    const found = row.items.flatMap(({ name }) => downloads.find(({ entry }) => entry.path === name) ?? []);
    const [first] = found;
    const downloadIds = found.map(({ downloadId }) => downloadId);
    if (first === undefined || found.length < row.items.length) await this.#downloads.cancel(downloadIds);
    else this.#change(row, { ...this.#accepted(row), folder: path.dirname(first.destination), downloadIds });
  }

  async #accept(peerId: PeerId, offerId: OfferId, wanted: Partial<Acceptance>): Promise<IncomingOffer> {
    const row = this.#find(peerId, offerId);
    if (row.state === 'accepted' || row.state === 'done') return this.#info(row);
    if (this.#table.isOpen(row) && row.expiresAtMs <= this.#now) void this.#end(row, 'expired');
    if (!this.#table.isOpen(row))
      throw new AppError('not-found', `This offer was ${row.state}. Ask its sender to send it again.`);
    const { folder = row.folder ?? this.#options.folder(), conflict } = wanted;
    const dropBoxId = wanted.dropBoxId ?? (folder === row.folder ? row.dropBoxId : undefined);
    const downloadIds = await this.#downloads.begin(row, { folder, ...(conflict && { conflict }) });
    const now = this.#table.get(peerId, offerId);
    if (now?.state === 'done') return this.#info(now); // What was missing came meanwhile.
    // Taken back, or its sender blocked, while it was accepted.
    if (now !== row || !this.#table.isOpen(now)) {
      await this.#downloads.cancel(downloadIds);
      throw new AppError('not-found', 'This offer was taken back just now.');
    }
    this.#change(row, { ...this.#accepted(row), folder, downloadIds, dropBoxId });
    this.#answer(row, 'accepted');
    this.#judge(row);
    return this.#info(row);
  }

  /** It has its time from now on, as at its sender; tried again it has no more. */
  #accepted({ state, expiresAtMs }: InboxRow): Pick<InboxRow, 'state' | 'expiresAtMs'> {
    const isFirst = state === 'offered';
    return { state: 'accepted', expiresAtMs: isFirst ? Math.max(expiresAtMs, this.#now + sendingLimits.offerMs) : expiresAtMs };
  }

  /** What became of an accepted offer, by its downloads. */
  #judge(row: InboxRow): void {
    if (row.state !== 'accepted' && row.state !== 'failed') return;
    const [state, doneIds] = [this.#downloads.stateOf(row), this.#downloads.done(row)];
    if (state === row.state && doneIds.length === row.doneIds.length) return;
    const isSettled = state !== 'accepted' && state !== row.state;
    this.#change(row, { state, doneIds });
    if (state === 'done') this.#answer(row, 'delivered');
    if (isSettled && row.folder !== undefined) this.#options.onSettled(row.folder);
  }

  /** From here. What still comes is cancelled; files that are here stay. */
  async #end(row: InboxRow, state: 'declined' | 'expired'): Promise<void> {
    this.#change(row, { state });
    if (state === 'declined') this.#answer(row, state);
    await this.#downloads.cancel(row.downloadIds);
    if (row.folder !== undefined) this.#options.onSettled(row.folder);
  }

  /** Told when its sender is here; else it asks when it comes. */
  #answer({ peerId, offerId }: InboxRow, answer: OfferAnswer): void {
    const session = this.#options.session(peerId);
    if (session !== undefined) this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer });
  }

  #change(row: InboxRow, change: Partial<InboxRow>): void {
    this.#table.change(row, change);
    this.#changed(row);
  }

  #takeOff(row: InboxRow): void {
    this.#downloads.forget(row.downloadIds);
    this.#table.takeOff(row);
    this.#changed(row);
  }

  #changed({ peerId, offerId }: InboxRow): void {
    this.#options.onChange({ peerId, offerId, isNew: false });
  }

  #find(peerId: PeerId, offerId: OfferId): InboxRow {
    const row = this.#table.get(peerId, offerId);
    if (row === undefined || row.isHidden)
      throw new AppError('not-found', 'There is no such offer any more. Look at the inbox again.');
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
