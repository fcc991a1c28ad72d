// Two sidecars' worth of shares and catalog, joined by a real Noise stream in memory. For tests of the whole way.

import NoiseSecretStream from '@hyperswarm/secret-stream';
import { mkdtempSync, rmSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Protomux from 'protomux';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { Catalog } from '../../../../src/sidecar/catalog/catalog.ts';
import { DetailStore } from '../../../../src/sidecar/catalog/details/detailStore.ts';
import { Feeds } from '../../../../src/sidecar/catalog/feeds/feeds.ts';
import type { IndexListener } from '../../../../src/sidecar/catalog/index/indexListener.ts';
import { createLog } from '../../../../src/sidecar/log.ts';
import { Shares } from '../../../../src/sidecar/shares/shares.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { encodeAnnouncement } from '../../../../src/sidecar/wire/announcement.ts';
import { discoveryKeyOf } from '../../../../src/sidecar/wire/discoveryKey.ts';
import type {
  PassedOwner,
  PeerSession,
  ReplicableCore,
  ShareAnnouncement,
  SignedAnnouncement,
} from '../../../../src/sidecar/wire/services.ts';

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'potluck-test-'));
}

/** Resolves when `check` answers true, looked at again whenever `emitter` says `changed`. */
export async function until(emitter: EventEmitter, check: () => boolean, what: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  try {
    while (!check()) await once(emitter, 'changed', { signal });
  } catch (error) {
    throw new Error(`did not happen: ${what}`, { cause: error });
  }
}

/** One side. `changes` emits `changed` whenever anything does. */
export class Side {
  readonly peerId: PeerId;
  readonly folder: string;
  readonly changes = new EventEmitter();
  readonly hostile: string[] = [];
  readonly log: string[] = [];
  readonly online = new Set<PeerId>();
  /** What the search would be told of peers' indexes, one word each. */
  readonly told: string[] = [];
  readonly listener: IndexListener = {
    indexed: () => void this.told.push('indexed'),
    changed: () => void this.told.push('changed'),
    gone: () => void this.told.push('gone'),
  };
  /** The quota from the next opening on. */
  peerDiskBytes: number | undefined;
  details: DetailStore;
  feeds: Feeds;
  database: Database;
  shares: Shares;
  catalog: Catalog;

  private constructor(letter: string, folder: string) {
    this.peerId = letter.repeat(51).concat('y') as PeerId;
    this.folder = folder;
    ({
      details: this.details,
      feeds: this.feeds,
      database: this.database,
      shares: this.shares,
      catalog: this.catalog,
    } = this.#parts());
  }

  static async open(letter: string): Promise<Side> {
    const side = new Side(letter, temporaryFolder());
    await side.#openParts();
    return side;
  }

  /** Closes everything and opens it again from the disk. */
  async reopen(between: () => void = () => undefined): Promise<void> {
    await this.#closeParts();
    between();
    Object.assign(this, this.#parts());
    await this.#openParts();
  }

  async close(): Promise<void> {
    await this.#closeParts();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The row that node.ts makes for every peer it meets. */
  meet(peerId: PeerId): void {
    this.database.run('INSERT OR IGNORE INTO peer (peerId) VALUES (:peerId)', { peerId });
  }

  async ready(shareId: ShareId): Promise<void> {
    await until(this.changes, () => this.shares.get(shareId)?.state !== 'scanning', 'the share is scanned');
  }

  async #openParts(): Promise<void> {
    await this.feeds.open();
    await this.shares.open();
    await this.catalog.open();
  }

  async #closeParts(): Promise<void> {
    await this.catalog.close();
    await this.shares.close();
    await this.feeds.close();
    await this.details.close();
    this.database.close();
  }

  #parts(): Pick<Side, 'details' | 'feeds' | 'database' | 'shares' | 'catalog'> {
    const log = createLog((entry) => this.log.push(`${entry.level} ${entry.message}`));
    const changed = (): void => void this.changes.emit('changed');
    const database = new Database(this.folder);
    const details = new DetailStore({ dataFolder: this.folder, log });
    const feeds = new Feeds({ folder: path.join(this.folder, 'feeds'), log });
    const shares = new Shares({ database, dataFolder: this.folder, feeds, log, ownPeerId: this.peerId, onChange: changed });
    const catalog = new Catalog({
      ...{ database, dataFolder: this.folder, details, feeds, log, onChange: changed },
      own: { peerId: this.peerId, shares },
      listener: this.listener,
      isOnline: (peerId) => this.online.has(peerId),
      onHoldings: changed,
      ...(this.peerDiskBytes !== undefined && { peerDiskBytes: this.peerDiskBytes }),
      onHostile: (_, reason) => {
        this.hostile.push(reason);
        changed();
      },
    });
    return { details, feeds, database, shares, catalog };
  }
}

export interface Link {
  /** `to` is told what `from` shares, and may replicate it. */
  announce(from: Side, to: Side, announcements?: ShareAnnouncement[], cores?: ReplicableCore[]): void;
  /** `to` is told what `from` holds of others, and may replicate it. */
  pass(from: Side, to: Side, change?: (owner: PassedOwner) => PassedOwner): Promise<void>;
  /** The session by which `side` sees the other. */
  session(side: Side): TestSession;
  end(): Promise<void>;
}

/** Joins two sides by a Noise stream; each sees the other as a session. */
export async function connect(one: Side, other: Side): Promise<Link> {
  const left = new NoiseSecretStream(true, null);
  const right = new NoiseSecretStream(false, null);
  left.rawStream.pipe(right.rawStream).pipe(left.rawStream);
  for (const stream of [left, right]) stream.on('error', () => undefined);
  await Promise.all([left.opened, right.opened]);
  const [near, far] = [new Protomux(left), new Protomux(right)];
  const sessions = new Map([
    [one, new TestSession(other.peerId, near)],
    [other, new TestSession(one.peerId, far)],
  ]);
  one.meet(other.peerId);
  other.meet(one.peerId);
  one.online.add(other.peerId);
  other.online.add(one.peerId);
  const closed = [left, right].map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
  const ended = Promise.all(closed).then(() => {
    one.online.delete(other.peerId);
    other.online.delete(one.peerId);
    for (const [side, session] of sessions) {
      session.isOpen = false;
      side.catalog.sessionClosed(session);
      side.changes.emit('changed');
    }
  });
  const session = (side: Side): TestSession => {
    const found = sessions.get(side);
    if (found === undefined) throw new Error('not a side of this link');
    return found;
  };
  return {
    session,
    announce(from, to, announcements = from.shares.announcements(), cores) {
      const served = cores ?? announcements.map(({ shareId }) => from.shares.feed(shareId)).filter((core) => core !== undefined);
      for (const core of served) core.replicate(from === one ? near : far);
      to.catalog.announced(
        session(to),
        announcements.map((announcement) => ({ announcement, signed: signed(announcement) })),
      );
    },
    async pass(from, to, change = (owner) => owner) {
      for (const holding of from.catalog.holdings()) {
        for (const { announcement } of holding.shares) {
          const held = await from.catalog.heldFeed(discoveryKeyOf(announcement.feedKey));
          held?.core.replicate(from === one ? near : far);
        }
        to.meet(holding.owner);
        to.catalog.passedOn(session(to), change({ ...holding, nickname: '', lastSeenMs: 0 }));
      }
    },
    async end() {
      left.destroy();
      right.destroy();
      await ended;
    },
  };
}

/** The body as it is stored; signatures are the wire layer's affair. */
function signed(announcement: ShareAnnouncement): SignedAnnouncement {
  return { body: encodeAnnouncement(announcement), signature: new Uint8Array(64) };
}

export class TestSession implements PeerSession {
  readonly peerId: PeerId;
  readonly hello: PeerSession['hello'] = {
    ...{ nickname: '', agent: 'test', capabilities: [], partyIds: [], provenIds: [], intents: 0 },
  };
  readonly roundTripMs = undefined;
  readonly traffic = { receivedBytes: 0, sentBytes: 0 };
  readonly #muxer: object;
  isOpen = true;

  constructor(peerId: PeerId, muxer: object) {
    this.peerId = peerId;
    this.#muxer = muxer;
  }

  replicate(core: ReplicableCore): void {
    core.replicate(this.#muxer);
  }

  updateHello(): void {}
  announce(): void {}
  announceRemovals(): void {}
  passOn(): void {}
  search(): Promise<never> {
    return Promise.reject(new Error('not in this test'));
  }
  close(): void {}
  read(): Promise<never> {
    return Promise.reject(new Error('not in this test'));
  }
  hashes(): Promise<never> {
    return Promise.reject(new Error('not in this test'));
  }
  readonly linkKind = 'session';
  readonly link = undefined;
  understands(): boolean {
    return false;
  }
  readPack(): Promise<never> {
    return this.read();
  }
  holding(): Promise<never> {
    return this.read();
  }
  ping(): Promise<number> {
    return Promise.resolve(1);
  }
  offerLink(): void {}
  meet(): void {}
  attachLink(): void {}
}
