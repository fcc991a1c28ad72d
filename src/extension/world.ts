// The sidecar's last answers, kept for drawing: parties, peers, shares, transfers. Not a truth of its own: each list is asked for again
// when the sidecar says that it changed, at most four times a second. Of downloads, which may be ten thousand, listeners are told which ones
// changed, and whoever listens does work for those alone. Must not know `vscode`.

import type {
  AccessRequest,
  CatalogShare,
  DownloadInfo,
  PartyInfo,
  PartyMember,
  PeerInfo,
  PendingInvite,
  RefusedPeer,
  ShareInfo,
  SidecarStatus,
  TransferRates,
  UploadInfo,
  WatchedSearch,
} from '../protocol/model.ts';
import { asAppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DownloadList } from './downloadList.ts';
import type { Sidecar } from './sidecar.ts';
import { limits } from './limits.ts';

interface Disposable {
  dispose(): void;
}

export type Part =
  'parties' | 'members' | 'peers' | 'pending' | 'requests' | 'shares' | 'downloads' | 'uploads' | 'rates' | 'watches' | 'status';
const parts: readonly Part[] = [
  ...(['parties', 'members', 'peers', 'pending', 'requests', 'shares'] as const),
  ...(['downloads', 'uploads', 'rates', 'watches', 'status'] as const),
];

/** `downloads`: the ids of those that are another, came or went; undefined: any may be. */
export type WorldListener = (changed: ReadonlySet<Part>, downloads: ReadonlySet<string> | undefined) => void;

export class World {
  parties: PartyInfo[] = [];
  /** Of each party, ourselves included. */
  members: ReadonlyMap<string, readonly PartyMember[]> = new Map();
  peers: PeerInfo[] = [];
  /** Codes that were accepted here and whose peer did not answer yet. */
  pending: PendingInvite[] = [];
  /** Who asks to be let in. */
  requests: AccessRequest[] = [];
  shares: ShareInfo[] = [];
  readonly downloads = new DownloadList();
  uploads: UploadInfo[] = [];
  /** Peers that are given nothing. */
  refused: RefusedPeer[] = [];
  rates: TransferRates | undefined;
  watches: WatchedSearch[] = [];
  status: SidecarStatus | undefined;
  /** True once everything was asked for once. */
  isLoaded = false;

  readonly #sidecar: Sidecar;
  readonly #listeners = new Set<WorldListener>();
  readonly #dirty = new Set<Part>();
  readonly #subscriptions: Disposable[] = [];
  #timer: NodeJS.Timeout | undefined;
  #membersTimer: NodeJS.Timeout | undefined;
  #downloadsTimer: NodeJS.Timeout | undefined;
  #downloadsToldMs = -Infinity;
  #changedDownloads = new Set<string>();
  #reading: Promise<void> | undefined;
  /** The parties of the round of reading that runs: their members are asked for by them. */
  #listed: Promise<PartyInfo[]> | undefined;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
    this.#subscriptions.push(
      sidecar.onDidConnect(() => this.#soon(parts, 0)),
      sidecar.on('parties/changed', () => {
        this.#soon(['parties', 'status']);
        this.#membersSoon();
      }),
      sidecar.on('peers/changed', () => {
        this.#soon(['peers', 'parties', 'status']);
        this.#membersSoon();
      }),
      sidecar.on('invites/changed', () => this.#soon(['pending', 'parties'])),
      sidecar.on('access/changed', () => this.#soon(['requests'])),
      // How much a peer shares stands in its row.
      sidecar.on('catalog/changed', () => this.#soon(['peers'])),
      sidecar.on('shares/changed', () => this.#soon(['shares', 'status'])),
      // Others stand where their order says: nothing is asked for again because one ended, went or was moved.
      sidecar.on('downloads/changed', ({ download }) => {
        this.downloads.put(download);
        this.#tellDownload(download.downloadId);
      }),
      sidecar.on('downloads/removed', ({ downloadId }) => {
        this.downloads.remove(downloadId);
        this.#tellDownload(downloadId);
      }),
      sidecar.on('uploads/changed', () => this.#soon(['uploads'])),
      sidecar.on('transfers/rates', (rates) => {
        this.rates = rates;
        this.#tell(new Set<Part>(['rates']));
      }),
      sidecar.on('watches/changed', () => this.#soon(['watches'])),
      sidecar.on('settings/changed', () => this.#soon(['status', 'rates'])),
      sidecar.on('network/changed', () => this.#soon(['status', 'parties'])),
    );
  }

  /** Everything once, starting the sidecar where needed. */
  async load(): Promise<void> {
    if (this.isLoaded) return;
    await this.#sidecar.connected();
    if (!this.isLoaded) await this.#read();
  }

  /** Asks for everything again and waits for it. */
  async reload(): Promise<void> {
    for (const part of parts) this.#dirty.add(part);
    await this.#read();
  }

  onDidChange(listener: WorldListener): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  peer(peerId: string): PeerInfo | undefined {
    return this.peers.find((peer) => peer.peerId === peerId);
  }

  party(partyId: string): PartyInfo | undefined {
    return this.parties.find((party) => party.partyId === partyId);
  }

  download(downloadId: string): DownloadInfo | undefined {
    return this.downloads.get(downloadId);
  }

  catalogShares(peerId: PeerId): Promise<CatalogShare[]> {
    return this.#sidecar.request('catalog/shares', { peerId });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#membersTimer);
    clearTimeout(this.#downloadsTimer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#listeners.clear();
  }

  /** Progress of many is told together. */
  #tellDownload(downloadId: string): void {
    this.#changedDownloads.add(downloadId);
    const tell = (): void => {
      this.#downloadsTimer = undefined;
      this.#downloadsToldMs = performance.now();
      const downloads = this.#changedDownloads;
      this.#changedDownloads = new Set();
      this.#tell(new Set<Part>(['downloads']), downloads);
    };
    const waitMs = this.#downloadsToldMs + limits.redrawMs - performance.now();
    if (waitMs <= 0) tell();
    else this.#downloadsTimer ??= setTimeout(tell, waitMs);
  }

  #soon(changed: readonly Part[], delayMs: number = limits.redrawMs): void {
    for (const part of changed) this.#dirty.add(part);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A failed read leaves the parts dirty; the next connection asks for all of them.
      this.#read().catch(() => undefined);
    }, delayMs);
  }

  #membersSoon(): void {
    this.#membersTimer ??= setTimeout(() => {
      this.#membersTimer = undefined;
      this.#soon(['members'], 0);
    }, limits.membersReadMs);
  }

  async #read(): Promise<void> {
    // One at a time, so that an older answer never overwrites a newer one.
    while (this.#reading !== undefined) await this.#reading.catch(() => undefined);
    this.#reading = this.#readDirty().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #readDirty(): Promise<void> {
    const changed = new Set(this.isLoaded ? this.#dirty : parts);
    if (changed.size === 0) return;
    this.#dirty.clear();
    this.#listed = undefined;
    try {
      await Promise.all([...changed].map((part) => this.#readPart(part)));
    } catch (error) {
      for (const part of changed) this.#dirty.add(part);
      throw error;
    }
    this.isLoaded = true;
    this.#tell(changed);
  }

  async #readPart(part: Part): Promise<void> {
    const sidecar = this.#sidecar;
    switch (part) {
      case 'parties':
        this.parties = await this.#listParties();
        return;
      case 'members':
        this.members = await this.#readMembers();
        return;
      case 'pending':
        this.pending = await sidecar.request('invites/pending', {});
        return;
      case 'requests':
        this.requests = await sidecar.request('access/list', {});
        return;
      case 'peers':
        this.peers = await sidecar.request('peers/list', {});
        return;
      case 'shares':
        this.shares = await sidecar.request('shares/list', {});
        return;
      case 'downloads':
        this.downloads.replace(await sidecar.request('downloads/list', {}));
        return;
      case 'uploads':
        [this.uploads, this.refused] = await Promise.all([
          sidecar.request('uploads/list', {}),
          sidecar.request('uploads/refused', {}),
        ]);
        return;
      case 'rates':
        this.rates = await sidecar.request('transfers/rates', {});
        return;
      case 'watches':
        this.watches = await sidecar.request('watches/list', {});
        return;
      case 'status':
        this.status = await sidecar.request('sidecar/status', {});
        return;
    }
  }

  #listParties(): Promise<PartyInfo[]> {
    return (this.#listed ??= this.#sidecar.request('parties/list', {}));
  }

  /** Of a party that was left meanwhile, nobody. */
  async #readMembers(): Promise<Map<string, PartyMember[]>> {
    const parties = await this.#listParties();
    const lists = parties.map(async ({ partyId }): Promise<[string, PartyMember[]]> => {
      try {
        return [partyId, await this.#sidecar.request('parties/members', { partyId })];
      } catch (error) {
        if (asAppError(error).kind !== 'not-found') throw error;
        return [partyId, []];
      }
    });
    return new Map(await Promise.all(lists));
  }

  #tell(changed: ReadonlySet<Part>, downloads?: ReadonlySet<string>): void {
    for (const listener of this.#listeners) listener(changed, downloads);
  }
}
