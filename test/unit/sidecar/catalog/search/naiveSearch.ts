// A search engine that looks at every entry, over shares that are plain lists: what is above the engine is tested with it.

import type { PeerId, ShareId } from '../../../../../src/protocol/ids.ts';
import { isPeerId, isShareId } from '../../../../../src/protocol/ids.ts';
import type { CatalogShare, PartyInfo, PeerInfo } from '../../../../../src/protocol/model.ts';
import type { PageOptions, RawHit } from '../../../../../src/sidecar/catalog/search/engine.ts';
import type { FoundPage } from '../../../../../src/sidecar/catalog/search/hits.ts';
import type { Query } from '../../../../../src/sidecar/catalog/search/query.ts';
import { keyOf } from '../../../../../src/sidecar/catalog/search/scope.ts';
import type { SearchOptions } from '../../../../../src/sidecar/catalog/search/search.ts';

/** A peer's key of these letters, over and over. */
export function peerIdOf(letters: string): PeerId {
  const id = letters.repeat(51).slice(0, 51) + 'y';
  if (!isPeerId(id)) throw new Error(`${id} is no peer id`);
  return id;
}

export function shareIdOf(letter: string): ShareId {
  const id = letter.repeat(26);
  if (!isShareId(id)) throw new Error(`${id} is no share id`);
  return id;
}

export class NaiveWorld {
  readonly own = peerIdOf('y');
  readonly shares: CatalogShare[] = [];
  readonly peers = new Map<PeerId, PeerInfo>();
  readonly parties: PartyInfo[] = [];
  readonly files = new Map<string, string[]>();
  readonly unready = new Set<string>();
  readonly searchableNow: string[] = [];
  /** Called before each answer. */
  before: (signal: AbortSignal) => Promise<void> = async () => undefined;
  queries = 0;

  peer(letters: string, name: string, info: Partial<PeerInfo> = {}): PeerId {
    const peerId = peerIdOf(letters);
    this.peers.set(peerId, {
      ...{ peerId, name, derivedName: 'calm-otter', nickname: name, isOnline: true, isStranger: false, isAddedByKey: false },
      ...{ isBlocked: false, isDisconnected: false, partyIds: [], shareCount: 1, fileCount: 1, totalBytes: 1 },
      ...info,
    });
    return peerId;
  }

  /** A share with these files; without, its index is not here. */
  share(peerId: PeerId, title: string, files?: string[]): CatalogShare {
    const letters = 'ybndrfg8ejkmcpqxot1uwisza345h769';
    const share: CatalogShare = {
      ...{ peerId, shareId: shareIdOf(letters[this.shares.length % letters.length] ?? 'y'), title, isOwn: peerId === this.own },
      ...{ isOnline: this.peers.get(peerId)?.isOnline ?? true, indexState: files ? 'ready' : 'fetching', bytesOnDisk: 0 },
      ...{ fileCount: 1, folderCount: 0, totalBytes: 1 },
      ...(files && { updatedAtMs: 1000 }),
    };
    this.shares.push(share);
    if (files) this.files.set(keyOf(share), files);
    return share;
  }

  get options(): SearchOptions {
    return {
      engine: {
        put: () => undefined,
        change: () => undefined,
        remove: () => undefined,
        isReady: (key) => !this.unready.has(key),
        searchable: async () => undefined,
        query: (query, page) => this.#find(page, (path) => matches(query, path)),
        recent: (page) => this.#find(page, () => true),
      },
      own: { peerId: this.own, name: () => 'my machine' },
      catalog: { shares: () => this.shares },
      peers: { get: (peerId) => this.peers.get(peerId) },
      parties: { list: () => this.parties },
      onSearchable: (peerId, shareId) => this.searchableNow.push(`${peerId}/${shareId}`),
    };
  }

  async #find(page: PageOptions, isIt: (path: string) => boolean): Promise<FoundPage> {
    this.queries++;
    await this.before(page.signal);
    const hits = [...this.files].flatMap(([key, files]) =>
      files
        .filter((path) => (page.keys?.includes(key) ?? true) && !this.unready.has(key) && isIt(path))
        .map((path, at): RawHit => ({ key, path, kind: 'file', sizeBytes: 1, mtimeMs: 1000 + at, matches: [], isFuzzy: false })),
    );
    return { hits: hits.slice(page.offset, page.offset + page.limit), total: hits.length, isFuzzy: false };
  }
}

function matches({ terms, excluded, isEmpty, extensions }: Query, path: string): boolean {
  const folded = path.toLowerCase();
  if (isEmpty || excluded.some((term) => folded.includes(term))) return false;
  if (extensions !== undefined && !extensions.some((extension) => folded.endsWith(`.${extension}`))) return false;
  return terms.every((term) => folded.includes(term));
}
