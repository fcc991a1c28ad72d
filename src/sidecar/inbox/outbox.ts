// Offers of ours: kept until they are delivered, said to their receiver whenever it is here, and served to it alone. Files stay where they are; what of
// them is given is looked at anew each time.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { encode } from 'z32';
import { AppError } from '../../protocol/errors.ts';
import { isOfferId, type OfferId, type PeerId } from '../../protocol/ids.ts';
import type { Entry } from '../../protocol/model.ts';
import type { OfferPreview, OutgoingOffer, OutgoingState } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import { areSharedNow, isSharedNow } from '../shares/sharedNow.ts';
import { pathBelow, type SafePath } from '../storage/safePath.ts';
import type { OfferAnswerMessage, OfferListAskMessage } from '../wire/sendingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import type { SendingParts } from './contract.ts';
import { encodeManifest } from './manifest.ts';
import { entryOf, OfferLists } from './offerLists.ts';
import { type OfferRow, OfferTable } from './offerTable.ts';
import { fileProblem, prepareOffer } from './preparing.ts';
import { safeLines } from './text.ts';

export interface OutboxOptions extends SendingParts {
  onChange(offerId: OfferId): void;
}

type Row = OfferRow<OutgoingState>;

/** A file or folder of an offer on this disk. */
export interface Offered {
  root: string;
  absolutePath: string;
  entry: Entry;
  isSharedNow(): boolean;
}

export interface OfferedMany {
  root: string;
  files: ({ absolutePath: string; entry: Entry } | undefined)[];
  areSharedNow(): Promise<boolean[]>;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #table: OfferTable<OutgoingState>;
  readonly #lists: OfferLists<OutgoingState>;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#table = new OfferTable(options.database, { isOurs: true, ends: ['delivered', 'declined', 'withdrawn', 'expired'] });
    this.#lists = new OfferLists(this.#table);
  }

  /** Throws as `outbox/preview` says. */
  async preview(paths: readonly string[], signal: AbortSignal): Promise<OfferPreview> {
    const { dataFolder } = this.#options;
    const { entries: _, paths: __, ...preview } = await prepareOffer(paths, { dataFolder, signal, looksForSecrets: true });
    return preview;
  }

  /** Throws as `outbox/send` says. */
  async send(
    peerId: PeerId,
    wanted: {
      paths: readonly string[];
      text: string;
      expiresInMs: number;
      /** What a person was shown of it, and agreed to. */
      previewed?: { fileCount: number; totalBytes: number };
      signal: AbortSignal;
    },
  ): Promise<OutgoingOffer> {
    const { dataFolder } = this.#options;
    this.#checkRoom(peerId);
    const prepared = await prepareOffer(wanted.paths, { dataFolder, signal: wanted.signal });
    if (prepared.items.length === 0)
      throw new AppError(
        'permission-denied',
        'Nothing of this may be sent: all of it is secrets, links or devices. See the preview.',
      );
    if (isOther(prepared, wanted.previewed)) throw changedSince(prepared);
    this.#checkRoom(peerId);
    const { items, fileCount, folderCount, totalBytes, entries, paths } = prepared;
    const atMs = this.#now;
    const manifest = encodeManifest(entries);
    const row: Row = {
      ...{ peerId, offerId: newOfferId(), text: safeLines(wanted.text), items, fileCount, folderCount, totalBytes, paths, atMs },
      ...{ listBytes: manifest.byteLength, state: 'waiting', isSaid: false, isTold: false, isHidden: false, reason: undefined },
      ...{ expiresAtMs: atMs + wanted.expiresInMs, folder: undefined, downloadIds: [], doneIds: [], dropBoxId: undefined },
    };
    this.#table.insert(row, manifest);
    this.#options.log.info(`${fileCount} files are offered to ${peerId}`);
    this.#options.onChange(row.offerId);
    const session = this.#options.session(peerId);
    if (session?.understands('offers') === true) this.#tell(session, row);
    return this.#info(row);
  }

  list(): OutgoingOffer[] {
    return this.#table.list().map((row) => this.#info(row));
  }

  withdraw(offerId: OfferId): OutgoingOffer {
    const row = this.#find(offerId);
    if (this.#table.isOpen(row)) this.#end(row, 'withdrawn');
    return this.#info(row);
  }

  clear(offerId: OfferId | undefined): void {
    const rows = offerId === undefined ? this.#table.list() : [this.#find(offerId)];
    for (const row of rows) {
      if (!this.#table.isOpen(row)) this.#takeOff(row);
      else if (offerId !== undefined) throw new AppError('busy', 'This offer has not ended. Withdraw it first.');
    }
  }

  /** Nothing of ours is for it any more. */
  forgetPeer(peerId: PeerId): void {
    for (const row of this.#table.each(peerId)) {
      this.#table.delete(row);
      this.#options.onChange(row.offerId);
    }
  }

  /** The peer is here, or knows us otherwise than before: it is told what it may not know. */
  met(session: PeerSession): void {
    if (!session.understands('offers')) return;
    for (const row of this.#table.each(session.peerId)) this.#tell(session, row);
  }

  listAsked(session: PeerSession, { offerId, offset }: OfferListAskMessage): void {
    const manifest = this.#table.manifest({ peerId: session.peerId, offerId });
    if (manifest === undefined) return this.#options.talk.say(session, { type: 'offerEnd', offerId });
    const bytes = manifest.subarray(offset, offset + sendingLimits.partBytes);
    this.#options.talk.say(session, { type: 'offerList', offerId, offset, bytes });
  }

  answered(session: PeerSession, { offerId, answer }: OfferAnswerMessage): void {
    const row = this.#table.get(session.peerId, offerId);
    if (row === undefined || !this.#table.isOpen(row)) return this.#answeredLate(session, row, { offerId, answer });
    switch (answer) {
      case 'received':
        return this.#change(row, { state: 'offered', reason: undefined });
      case 'accepted':
        if (row.state === 'accepted') return;
        // However late it was accepted, it has its time; but not for ever anew.
        return this.#change(row, {
          ...{ state: 'accepted', reason: undefined },
          expiresAtMs: Math.max(
            row.expiresAtMs,
            Math.min(this.#now, row.atMs + sendingLimits.offerMaxMs) + sendingLimits.offerMs,
          ),
        });
      case 'declined':
      case 'delivered':
        this.#change(row, { state: answer, isTold: true });
        // So that it need not keep for us what became of it.
        return this.#options.talk.say(session, { type: 'offerEnd', offerId });
      case 'full':
      case 'unwelcome':
        return this.#change(row, { state: 'waiting', reason: answer });
    }
  }

  /** It has ended here. Who still counts on it did not hear that; who does not, has heard it. */
  #answeredLate(session: PeerSession, row: Row | undefined, { offerId, answer }: OfferAnswerMessage): void {
    if (answer === 'received' || answer === 'accepted') this.#options.talk.say(session, { type: 'offerEnd', offerId });
    else if (row?.isTold === false) this.#table.change(row, { isTold: true });
  }

  /** Offers that are over; and ended ones of which nobody can count on any more. */
  sweep(): void {
    for (const row of this.#table.each()) {
      if (this.#table.isOpen(row) && row.expiresAtMs <= this.#now) this.#end(row, 'expired');
      else if (row.isHidden && row.expiresAtMs + sendingLimits.offerMs <= this.#now) this.#table.delete(row);
    }
  }

  /** Where a file of an offer lies, when this peer may have it. */
  locate(peerId: PeerId, offerId: string, safePath: SafePath): Offered | undefined {
    const place = this.#place(peerId, offerId, safePath);
    if (place === undefined) return undefined;
    const { root, inside, absolutePath, entry } = place;
    return {
      ...{ root, absolutePath, entry },
      isSharedNow: () =>
        inside === undefined ? fileProblem(absolutePath, this.#options.dataFolder) === undefined : isSharedNow(root, inside),
    };
  }

  /** Many of one folder of an offer: those of another are not found. Undefined when there is no such offer for this peer. */
  locateMany(peerId: PeerId, offerId: string, paths: readonly SafePath[]): OfferedMany | undefined {
    if (this.#lists.of(peerId, offerId) === undefined) return undefined;
    const places = paths.map((each) => this.#place(peerId, offerId, each));
    const root = places.find((place) => place?.inside !== undefined)?.root ?? '';
    const inRoot = places.map((place) => (place?.inside !== undefined && place.root === root ? place : undefined));
    const insides = inRoot.flatMap((place) => (place?.inside === undefined ? [] : [place.inside]));
    return {
      root,
      files: inRoot.map((place) => place && { absolutePath: place.absolutePath, entry: place.entry }),
      areSharedNow: async () => {
        const answers = await areSharedNow(root, insides);
        let at = 0;
        return inRoot.map((place) => place !== undefined && answers[at++] === true);
      },
    };
  }

  #place(peerId: PeerId, offerId: string, safePath: SafePath) {
    const found = this.#lists.of(peerId, offerId)?.byPath.get(safePath);
    const row = this.#lists.row(peerId, offerId);
    if (found === undefined || row === undefined) return undefined;
    const top = safePath.split('/', 1)[0] ?? '';
    const at = row.items.findIndex(({ name }) => name === top);
    const item = row.items[at];
    const itemPath = row.paths[at];
    if (item === undefined || itemPath === undefined) return undefined;
    const entry = entryOf(found);
    if (item.kind === 'file') return { root: path.dirname(itemPath), inside: undefined, absolutePath: itemPath, entry };
    const inside = safePath.slice(top.length + 1) as SafePath; // Parts of a safe path are one.
    return { root: itemPath, inside, absolutePath: pathBelow(itemPath, inside), entry };
  }

  #tell(session: PeerSession, row: Row): void {
    const { offerId, text, fileCount, folderCount, totalBytes, expiresAtMs, listBytes } = row;
    if (this.#table.isOpen(row)) {
      const expiresInMs = Math.max(0, expiresAtMs - this.#now);
      const facts = { offerId, text, fileCount, folderCount, totalBytes, expiresInMs, listBytes };
      // First: what may be known there must be taken back there, whatever happens here.
      if (!row.isSaid) this.#table.change(row, { isSaid: true });
      this.#options.talk.say(session, { type: 'offer', ...facts });
    } else if (!row.isTold) this.#options.talk.say(session, { type: 'offerEnd', offerId });
  }

  /** Its peer is told until it answers that it knows. */
  #end(row: Row, state: 'withdrawn' | 'expired'): void {
    this.#change(row, { state, isTold: !row.isSaid });
    const session = this.#options.session(row.peerId);
    if (session?.understands('offers') === true) this.#tell(session, row);
  }

  #change(row: Row, change: Partial<Row>): void {
    this.#table.change(row, change);
    this.#options.onChange(row.offerId);
  }

  #takeOff(row: Row): void {
    this.#table.takeOff(row);
    this.#options.onChange(row.offerId);
  }

  #find(offerId: OfferId): Row {
    const row = this.#table.list().find((each) => each.offerId === offerId);
    if (row === undefined) throw new AppError('not-found', 'There is no such offer any more. Look at the list again.');
    return row;
  }

  #checkRoom(peerId: PeerId): void {
    if (this.#table.open(peerId).offers >= sendingLimits.openOffers)
      throw new AppError(
        'busy',
        `${sendingLimits.openOffers} offers wait for this peer. Withdraw one, or wait until it took some.`,
      );
    if (this.#table.open().offers >= sendingLimits.allOffers)
      throw new AppError('busy', `${sendingLimits.allOffers} offers are open. Withdraw some of them first.`);
  }

  #info(row: Row): OutgoingOffer {
    const { peerId, offerId, text, items, fileCount, folderCount, totalBytes, state, paths, atMs, expiresAtMs } = row;
    const session = this.#options.session(peerId);
    const reason = session?.understands('offers') === false ? 'outdated' : row.reason;
    return {
      ...{ offerId, peerId, name: this.#options.nameOf(peerId), text, items, fileCount, folderCount, totalBytes, state, paths },
      ...{ createdAtMs: atMs, expiresAtMs, isOnline: session !== undefined },
      ...(state === 'waiting' && isReason(reason) && { reason }),
    };
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}

function isReason(reason: string | undefined): reason is NonNullable<OutgoingOffer['reason']> {
  return reason === 'full' || reason === 'unwelcome' || reason === 'outdated';
}

function isOther(now: OfferPreview, before: { fileCount: number; totalBytes: number } | undefined): boolean {
  return before !== undefined && (now.fileCount !== before.fileCount || now.totalBytes !== before.totalBytes);
}

function changedSince({ fileCount, totalBytes }: OfferPreview): AppError {
  return new AppError(
    'changed',
    `What would be sent is not what was shown any more: ${fileCount} files with ${totalBytes} bytes by now. Look at it again, then send it.`,
  );
}

function newOfferId(): OfferId {
  const id = encode(randomBytes(16));
  if (!isOfferId(id)) throw new AppError('internal', 'An offer id is not 26 characters long.');
  return id;
}
