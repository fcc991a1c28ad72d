// Who may give a content: its owner, connected peers whose shares list it, and connected peers that may hold what they downloaded of the owner. Only
// peers to whom the owner's share may be passed on are asked about it: nobody else learns from us that it is there.

import { AppError } from '../protocol/errors.ts';
import { type ContentId, isContentId, type PeerId } from '../protocol/ids.ts';
import type { EntryRef } from '../protocol/model.ts';
import type { DetailAnswers } from './catalog/details/detailAnswers.ts';
import { transferLimits } from './limits.ts';
import type { Sessions } from './sessions.ts';
import type { Holder, SourceFinder } from './transfers/downloads/swarm/contract.ts';
import type { PeerSession } from './wire/services.ts';

export interface SourcesOptions {
  ownPeerId: PeerId;
  /** These exist by the time that anything is asked. */
  sessions(): Pick<Sessions, 'source' | 'all' | 'mayPassOn'>;
  details(): Pick<DetailAnswers, 'holders'>;
}

export class Sources implements SourceFinder {
  readonly #options: SourcesOptions;
  readonly #listeners = new Set<() => void>();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  owner(peerId: PeerId): PeerSession | undefined {
    return this.#options.sessions().source(peerId);
  }

  /** Those that list it first. Never rejects. */
  async others(entry: EntryRef, root: Uint8Array): Promise<Holder[]> {
    const sessions = this.#options.sessions();
    const holders = new Map<PeerId, Holder>();
    for (const ref of await this.#listed(root)) {
      const source = ref.peerId === entry.peerId ? undefined : sessions.source(ref.peerId);
      if (source && ref.peerId !== this.#options.ownPeerId && !holders.has(ref.peerId))
        holders.set(ref.peerId, { source, at: { owner: ref.peerId, shareId: ref.shareId, path: ref.path } });
    }
    for (const source of this.#askable(entry)) {
      if (!holders.has(source.peerId))
        holders.set(source.peerId, { source, at: { owner: entry.peerId, shareId: entry.shareId, path: entry.path } });
    }
    return [...holders.values()].slice(0, transferLimits.sources);
  }

  /**
   * The file to download for a content id: of a connected peer, else of any. Rejects with `not-found` when no share lists it, `already-exists` when
   * only our own do.
   */
  async listedBy(contentId: ContentId): Promise<EntryRef> {
    const refs = await this.#options.details().holders(contentId);
    const others = refs.filter(({ peerId }) => peerId !== this.#options.ownPeerId);
    const found = others.find(({ peerId }) => this.owner(peerId) !== undefined) ?? others[0];
    if (found) return found;
    const [own] = refs;
    throw own ? alreadyShared(own) : notListed(contentId);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Somebody came or went, or a link changed. */
  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Whether anybody but the owner is here. */
  hasOthers(owner: PeerId): boolean {
    return this.#options
      .sessions()
      .all()
      .some(({ peerId }) => peerId !== owner);
  }

  /** Connected peers, not the owner, who may know the share and can say what they hold of it. */
  #askable(entry: EntryRef): PeerSession[] {
    const sessions = this.#options.sessions();
    return sessions
      .all()
      .filter(
        (session) =>
          session.peerId !== entry.peerId &&
          session.understands('holdings') &&
          sessions.mayPassOn(session.peerId, entry.peerId, entry.shareId),
      );
  }

  async #listed(root: Uint8Array): Promise<EntryRef[]> {
    const contentId = Buffer.from(root).toString('hex');
    if (!isContentId(contentId)) return [];
    try {
      return await this.#options.details().holders(contentId);
    } catch {
      return []; // The store of details is closing, or its worker died: the others are still to be asked.
    }
  }
}

function alreadyShared({ path }: EntryRef): AppError {
  return new AppError('already-exists', `You share this content yourself, as ${JSON.stringify(path)}. Open it there.`);
}

function notListed(contentId: ContentId): AppError {
  return new AppError(
    'not-found',
    `No share that is known here lists the content ${contentId}. Join the party of whoever gave you the id, wait until its shares are here, and try again.`,
  );
}
