// The book of peers: everyone ever met, added by key, or known from others whose shares are here; what they call themselves, what we call
// them, when they were last here.
// Knows sessions only as "online with this hello"; the database row is the memory.

import { AppError } from '../../protocol/errors.ts';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { CatalogShare, LinkKind, PathReason, PeerInfo, PeerPath, Traffic } from '../../protocol/model.ts';
import { catalogLimits, wireLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import { LookAlikes, type NamedRow } from './lookAlikes.ts';
import { derivedName, displayName } from './names.ts';

/** What is known of a peer while it is connected. */
export interface OnlinePeer {
  partyIds: PartyId[];
  readonly path: PeerPath;
  readonly pathReason?: PathReason;
  roundTripMs(): number | undefined;
  traffic(): Traffic;
  /** The direct link in use. */
  link?(): { kind: LinkKind; address: string } | undefined;
}

/** What a peer's connections had carried when it was looked at last, and how fast that was since the time before. */
interface Measured {
  atMs: number;
  traffic: Traffic;
  receiveBytesPerSecond: number;
  sendBytesPerSecond: number;
}

interface PeerRow {
  peerId: PeerId;
  nickname: string;
  petname: string;
  lastSeenMs: number | null;
  isAddedByKey: number;
  isDisconnected: number;
  isBlocked: number;
  /** Whether it was ever connected: what it said itself goes before hearsay. */
  isMet: number;
  partyIds: string;
}

export class Peers {
  readonly #database: Database;
  readonly #sharesOf: (peerId: PeerId) => CatalogShare[];
  readonly #onChange: (peerId: PeerId) => void;
  readonly #online = new Map<PeerId, OnlinePeer>();
  /** Made when it is asked for: a book of thousands takes tens of milliseconds. */
  #looks: LookAlikes | undefined;
  readonly #measured = new Map<PeerId, Measured>();

  constructor(options: { database: Database; sharesOf(peerId: PeerId): CatalogShare[]; onChange(peerId: PeerId): void }) {
    this.#database = options.database;
    this.#sharesOf = (peerId) => options.sharesOf(peerId);
    this.#onChange = (peerId) => options.onChange(peerId);
  }

  /** Online ones first, then by name. */
  list(): PeerInfo[] {
    const rows = this.#database.all<PeerRow>(`SELECT * FROM peer WHERE NOT (isMet = 0 AND ${isUnnoted})`);
    return rows
      .map((row) => this.#info(row))
      .sort((a, b) => Number(b.isOnline) - Number(a.isOnline) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  get(peerId: PeerId): PeerInfo | undefined {
    const row = this.#row(peerId);
    return row && this.#info(row);
  }

  /** The little that is told of an owner whose shares are passed on. */
  known(peerId: PeerId): { nickname: string; lastSeenMs: number; partyIds: PartyId[] } | undefined {
    const row = this.#row(peerId);
    if (!row) return undefined;
    const online = this.#online.get(peerId);
    const { nickname, lastSeenMs } = row;
    return {
      nickname,
      lastSeenMs: online ? Date.now() : (lastSeenMs ?? 0),
      partyIds: online?.partyIds ?? (JSON.parse(row.partyIds) as PartyId[]),
    };
  }

  get onlineCount(): number {
    return this.#online.size;
  }

  onlineIn(partyId: PartyId): number {
    let count = 0;
    for (const peer of this.#online.values()) if (peer.partyIds.includes(partyId)) count++;
    return count;
  }

  isOnline(peerId: PeerId): boolean {
    return this.#online.has(peerId);
  }

  isAddedByKey(peerId: PeerId): boolean {
    return this.#row(peerId)?.isAddedByKey === 1;
  }

  /** Met in a common party once, or added by key: no stranger, and nobody whom others may have made up. */
  isFamiliar(peerId: PeerId): boolean {
    const row = this.#row(peerId);
    return row !== undefined && (row.isAddedByKey === 1 || (row.isMet === 1 && row.partyIds !== '[]'));
  }

  /** Whether the user said to stay away from this peer. */
  isDisconnected(peerId: PeerId): boolean {
    return this.#row(peerId)?.isDisconnected === 1;
  }

  /** Refused everywhere. */
  isBlocked(peerId: PeerId): boolean {
    return this.#row(peerId)?.isBlocked === 1;
  }

  /** Those to reach by key whenever the sidecar runs. */
  addedByKey(): PeerId[] {
    return this.#database
      .all<{ peerId: PeerId }>('SELECT peerId FROM peer WHERE isAddedByKey = 1 AND isDisconnected = 0 AND isBlocked = 0')
      .map((row) => row.peerId);
  }

  /** Makes the row of a peer that was met. */
  met(peerId: PeerId): void {
    this.#database.run('INSERT INTO peer (peerId) VALUES (:peerId) ON CONFLICT (peerId) DO NOTHING', { peerId });
  }

  /**
   * Others pass on this peer's shares, and say this of it. What it said itself stays: its name, its parties, and when it was seen, unless
   * they saw it later.
   */
  noteOwner(peerId: PeerId, nickname: string, lastSeenMs: number, partyIds: PartyId[] = []): void {
    const before = this.#row(peerId);
    const seenMs = Math.max(Math.min(lastSeenMs, Date.now()), before?.lastSeenMs ?? 0);
    const isFirstHand = before?.isMet === 1;
    const after = {
      nickname: isFirstHand ? before.nickname : displayName(nickname) || (before?.nickname ?? ''),
      lastSeenMs: seenMs === 0 ? null : seenMs,
      partyIds: isFirstHand ? before.partyIds : withParties(before?.partyIds, partyIds),
    };
    const { nickname: name, lastSeenMs: seen, partyIds: parties } = before ?? {};
    if (before && after.nickname === name && after.lastSeenMs === seen && after.partyIds === parties) return;
    if (after.nickname !== name) this.#looks = undefined;
    if (before === undefined) this.#makeRoom();
    this.#database.run(
      `INSERT INTO peer (peerId, nickname, lastSeenMs, partyIds) VALUES (:peerId, :nickname, :lastSeenMs, :partyIds)
       ON CONFLICT (peerId) DO UPDATE SET nickname = :nickname, lastSeenMs = :lastSeenMs, partyIds = :partyIds`,
      { peerId, ...after },
    );
    this.#changed(peerId);
  }

  /** A peer can make up owners without number, of whom the catalog takes nothing. */
  #makeRoom(): void {
    const [counted] = this.#database.all<{ count: number }>('SELECT count(*) AS count FROM peer WHERE isMet = 0');
    if ((counted?.count ?? 0) >= 2 * catalogLimits.hearsayOwners) this.dropHearsay();
  }

  /** Forgets whom we know from others only and of whom nothing is here any more. */
  dropHearsay(): void {
    const dropped = this.#database.all<{ peerId: PeerId }>(`DELETE FROM peer WHERE isMet = 0 AND ${isUnnoted} RETURNING peerId`);
    for (const { peerId } of dropped) this.#renamed(peerId);
  }

  /** Or said hello again. Without a nickname it keeps the one of before. */
  cameOnline(peerId: PeerId, peer: OnlinePeer, nickname?: string): void {
    const earlier = this.#online.get(peerId);
    this.#online.set(peerId, peer);
    const name = nickname === undefined ? undefined : displayName(nickname);
    const known = earlier && this.#row(peerId);
    // A hello without news, of which a peer may say several a second, costs no write to the disk, which would be waited for.
    if (known?.isMet === 1 && (name ?? known.nickname) === known.nickname && known.partyIds === JSON.stringify(peer.partyIds)) {
      if (earlier?.path !== peer.path || earlier.pathReason !== peer.pathReason) this.#changed(peerId);
      return;
    }
    this.met(peerId);
    const before = this.#row(peerId);
    this.#database.run(
      `UPDATE peer SET nickname = coalesce(:nickname, nickname), lastSeenMs = :now, partyIds = :partyIds, isMet = 1 WHERE peerId = :peerId`,
      {
        peerId,
        nickname: name ?? null,
        now: Date.now(),
        partyIds: JSON.stringify(peer.partyIds),
      },
    );
    if (before?.isMet !== 1 || (name !== undefined && name !== before.nickname)) this.#looks = undefined;
    this.#changed(peerId);
  }

  wentOffline(peerId: PeerId): void {
    if (!this.#online.delete(peerId)) return;
    this.#measured.delete(peerId);
    this.#database.run('UPDATE peer SET lastSeenMs = :now WHERE peerId = :peerId', { peerId, now: Date.now() });
    // Whoever knows a key can make others: a stranger that nobody took note of is not remembered.
    if (this.#database.run(`DELETE FROM peer WHERE peerId = :peerId AND partyIds = '[]' AND ${isUnnoted}`, { peerId }) > 0)
      this.#looks = undefined;
    this.dropHearsay();
    this.#changed(peerId);
  }

  /** Its link is another one. */
  changed(peerId: PeerId): void {
    if (this.#online.has(peerId)) this.#changed(peerId);
  }

  /** Takes rates from what connections carried since the last time; called about once a second. */
  measure(): void {
    const atMs = performance.now();
    for (const [peerId, online] of this.#online) {
      const [before, traffic] = [this.#measured.get(peerId), online.traffic()];
      const seconds = (atMs - (before?.atMs ?? atMs)) / 1000;
      // A new session counts from nothing again.
      const rate = (now: number, then = now) => (seconds > 0 ? Math.max(0, Math.round((now - then) / seconds)) : 0);
      this.#measured.set(peerId, {
        ...{ atMs, traffic },
        receiveBytesPerSecond: rate(traffic.receivedBytes, before?.traffic.receivedBytes),
        sendBytesPerSecond: rate(traffic.sentBytes, before?.traffic.sentBytes),
      });
    }
  }

  addByKey(peerId: PeerId): void {
    this.#database.run(
      'INSERT INTO peer (peerId, isAddedByKey) VALUES (:peerId, 1) ON CONFLICT (peerId) DO UPDATE SET isAddedByKey = 1, isDisconnected = 0',
      { peerId },
    );
    this.#renamed(peerId);
  }

  stayAway(peerId: PeerId): void {
    if (this.#database.run('UPDATE peer SET isDisconnected = 1 WHERE peerId = :peerId', { peerId }) === 0)
      throw unknownPeer(peerId);
    this.#changed(peerId);
  }

  /** Refuses it everywhere, also when it was never met; or does so no more, and it is what it was before. */
  setBlocked(peerId: PeerId, isBlocked: boolean): PeerInfo {
    this.#database.run(
      'INSERT INTO peer (peerId, isBlocked) VALUES (:peerId, :flag) ON CONFLICT (peerId) DO UPDATE SET isBlocked = :flag',
      { peerId, flag: isBlocked ? 1 : 0 },
    );
    this.#renamed(peerId);
    const info = this.get(peerId);
    if (!info) throw unknownPeer(peerId);
    return info;
  }

  setPetname(peerId: PeerId, petname: string): PeerInfo {
    this.#database.run('UPDATE peer SET petname = :petname WHERE peerId = :peerId', { peerId, petname: displayName(petname) });
    this.#looks = undefined;
    const info = this.get(peerId);
    if (!info) throw unknownPeer(peerId);
    this.#changed(peerId);
    return info;
  }

  forget(peerId: PeerId): void {
    this.#database.run('DELETE FROM peer WHERE peerId = :peerId AND isBlocked = 0', { peerId });
    // Of a blocked one only that is remembered.
    this.#database.run(
      `UPDATE peer SET nickname = '', petname = '', lastSeenMs = NULL, isAddedByKey = 0, isDisconnected = 0, partyIds = '[]' WHERE peerId = :peerId`,
      { peerId },
    );
    this.#renamed(peerId);
  }

  /** The petname is ours and stays as it is; a name that somebody chose is told from one that looks the same by the one from its key. */
  #nameOf({ petname, nickname }: PeerRow, derived: string): string {
    this.#looks ??= new LookAlikes(this.#database.all<NamedRow>('SELECT peerId, nickname, petname FROM peer'));
    const shown = petname || nickname;
    if (shown === '') return derived;
    return this.#looks.isAmbiguous(shown, { isPetname: petname !== '' }) ? `${shown} (${derived})` : shown;
  }

  /** Somebody is in the book, or is not any more, or is called something else. */
  #renamed(peerId: PeerId): void {
    this.#looks = undefined;
    this.#changed(peerId);
  }

  #changed(peerId: PeerId): void {
    this.#onChange(peerId);
  }

  #row(peerId: PeerId): PeerRow | undefined {
    return this.#database.get<PeerRow>('SELECT * FROM peer WHERE peerId = :peerId', { peerId });
  }

  #info(row: PeerRow): PeerInfo {
    const online = this.#online.get(row.peerId);
    const roundTripMs = online?.roundTripMs();
    const measured = this.#measured.get(row.peerId);
    const shares = this.#sharesOf(row.peerId);
    const partyIds = online?.partyIds ?? (JSON.parse(row.partyIds) as PartyId[]);
    const derived = derivedName(row.peerId);
    return {
      peerId: row.peerId,
      name: this.#nameOf(row, derived),
      derivedName: derived,
      ...(row.nickname && { nickname: row.nickname }),
      ...(row.petname && { petname: row.petname }),
      isOnline: online !== undefined,
      isStranger: online !== undefined && partyIds.length === 0 && row.isAddedByKey === 0,
      isAddedByKey: row.isAddedByKey === 1,
      isBlocked: row.isBlocked === 1,
      isDisconnected: row.isDisconnected === 1,
      ...(row.lastSeenMs !== null && { lastSeenMs: row.lastSeenMs }),
      partyIds,
      ...(online && { path: online.path }),
      ...(online?.pathReason && { pathReason: online.pathReason }),
      ...(roundTripMs !== undefined && { roundTripMs }),
      ...(online && { traffic: online.traffic(), link: online.link?.() ?? { kind: 'session' } }),
      ...(measured && {
        receiveBytesPerSecond: measured.receiveBytesPerSecond,
        sendBytesPerSecond: measured.sendBytesPerSecond,
      }),
      shareCount: shares.length,
      fileCount: shares.reduce((sum, share) => sum + share.fileCount, 0),
      totalBytes: shares.reduce((sum, share) => sum + share.totalBytes, 0),
    };
  }
}

/** Of a row: neither does the user care for the peer, nor is any share of it here. */
const isUnnoted = `isAddedByKey = 0 AND isDisconnected = 0 AND isBlocked = 0 AND petname = ''
  AND NOT EXISTS (SELECT 1 FROM catalogShare WHERE catalogShare.peerId = peer.peerId)`;

/** JSON of the parties known before and those added, at most as many as a hello may name. */
function withParties(before: string | undefined, added: PartyId[]): string {
  const known = JSON.parse(before ?? '[]') as PartyId[];
  return JSON.stringify([...new Set([...added, ...known])].slice(0, wireLimits.partiesInHello).sort());
}

function unknownPeer(peerId: PeerId): AppError {
  return new AppError('not-found', `No peer ${peerId} is known here. Connect to it by its key first.`);
}
