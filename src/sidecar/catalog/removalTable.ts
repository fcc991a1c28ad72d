// The `shareRemoval` table, for peers' shares: what their owners took off the table, as they signed it, so that it stays gone and third
// peers learn of it. Bounded, since whoever makes up keys can make up removals. Own removals are in the same table and are shares.ts's affair.

import { isPeerId, isShareId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import { catalogLimits, wireLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import { decodeRemoval } from '../wire/announcement.ts';
import type { ShareRemoval } from '../wire/services.ts';

interface StoredRemoval {
  peerId: string;
  shareId: string;
  revision: number;
  body: Uint8Array;
  signature: Uint8Array;
}

export class RemovalTable {
  readonly #database: Database;
  readonly #ownPeerId: PeerId;
  /** By owner and share, each oldest first. */
  readonly #known = new Map<PeerId, Map<ShareId, ShareRemoval>>();
  readonly #most: number;
  #count = 0;

  /** `most`: another limit, for tests. */
  constructor(database: Database, ownPeerId: PeerId, most: number = catalogLimits.removals) {
    this.#most = most;
    this.#database = database;
    this.#ownPeerId = ownPeerId;
  }

  load(): void {
    const stored = this.#database.all<StoredRemoval>(
      'SELECT * FROM shareRemoval WHERE peerId <> :ownPeerId ORDER BY removedAtMs',
      { ownPeerId: this.#ownPeerId },
    );
    for (const { peerId, shareId, revision, body, signature } of stored)
      if (isPeerId(peerId) && isShareId(shareId)) {
        this.#insert(peerId, { shareId, revision, ...passTagsOf(body), signed: { body, signature } });
      }
  }

  get owners(): Iterable<PeerId> {
    return this.#known.keys();
  }

  has(owner: PeerId): boolean {
    return this.#known.has(owner);
  }

  /** All of one owner. */
  of(owner: PeerId): ShareRemoval[] {
    return [...(this.#known.get(owner)?.values() ?? [])];
  }

  revisionOf(owner: PeerId, shareId: ShareId): number | undefined {
    return this.#known.get(owner)?.get(shareId)?.revision;
  }

  /** Remembers one. When there are too many, the oldest of the owner go, or those of the owners of whom nothing else `isHere`. */
  remember(owner: PeerId, removal: ShareRemoval, isHere: (owner: PeerId) => boolean): void {
    const { shareId, revision, signed } = removal;
    this.#insert(owner, removal);
    this.#database.run(
      `INSERT OR REPLACE INTO shareRemoval (peerId, shareId, revision, body, signature, removedAtMs)
       VALUES (:owner, :shareId, :revision, :body, :signature, :removedAtMs)`,
      { owner, shareId, revision, body: signed.body, signature: signed.signature, removedAtMs: Date.now() },
    );
    const known = this.#known.get(owner);
    if (known !== undefined && known.size > wireLimits.removals) this.#dropOldest(owner, known);
    while (this.#count > this.#most) this.#dropOne(isHere);
  }

  takeBack(owner: PeerId, shareId: ShareId): void {
    this.#drop(owner, shareId);
    this.#database.run('DELETE FROM shareRemoval WHERE peerId = :owner AND shareId = :shareId', { owner, shareId });
  }

  forget(owner: PeerId): void {
    this.#count -= this.#known.get(owner)?.size ?? 0;
    this.#known.delete(owner);
    this.#database.run('DELETE FROM shareRemoval WHERE peerId = :owner', { owner });
  }

  #insert(owner: PeerId, removal: ShareRemoval): void {
    this.#drop(owner, removal.shareId);
    const known = this.#known.get(owner) ?? new Map<ShareId, ShareRemoval>();
    this.#known.set(owner, known.set(removal.shareId, removal));
    this.#count++;
  }

  #drop(owner: PeerId, shareId: ShareId): void {
    const known = this.#known.get(owner);
    if (known?.delete(shareId) !== true) return;
    this.#count--;
    if (known.size === 0) this.#known.delete(owner);
  }

  #dropOne(isHere: (owner: PeerId) => boolean): void {
    let first: [PeerId, Map<ShareId, ShareRemoval>] | undefined;
    for (const entry of this.#known) {
      first ??= entry;
      if (!isHere(entry[0])) return this.#dropOldest(...entry);
    }
    if (first !== undefined) this.#dropOldest(...first);
  }

  #dropOldest(owner: PeerId, known: ReadonlyMap<ShareId, ShareRemoval>): void {
    const [oldest] = known.keys();
    if (oldest !== undefined) this.takeBack(owner, oldest);
  }
}

/** As it was signed. One that cannot be read is not passed on. */
function passTagsOf(body: Uint8Array): Pick<ShareRemoval, 'passTags'> {
  try {
    const { passTags } = decodeRemoval(body);
    return passTags === undefined ? {} : { passTags };
  } catch {
    return { passTags: [] };
  }
}
