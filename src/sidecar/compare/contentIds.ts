// Content ids for a comparison: what is known already, in steps that let others have their turn; and, when it is to be exact, those that are missing. Own
// files are hashed, owners are asked; nothing is transferred.

import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { DetailStore } from '../catalog/details/detailStore.ts';
import { compareLimits } from '../limits.ts';
import { pathBelow, type SafePath } from '../storage/safePath.ts';
import type { LocatedFile } from '../transfers/disk/sharedFile.ts';
import type { Trees } from '../transfers/content/trees.ts';
import type { PeerSession } from '../wire/services.ts';
import type { ToldIds } from './compareMessages.ts';
import { type SideName, sideNames } from './row.ts';
import type { WantedId } from './rows.ts';

/** What is compared, checked. */
export type Place =
  | { kind: 'entry'; peerId: PeerId; shareId: ShareId; base: string; isOwn: boolean }
  /** A real path. */
  | { kind: 'folder'; root: string };

export interface ContentIdsOptions {
  details: Pick<DetailStore, 'ask' | 'isEmpty'>;
  trees: Pick<Trees, 'rootsBelow' | 'rootOf'>;
  /** The root of a file of this machine, hashed if it must be. */
  rootOf(located: LocatedFile, path: SafePath, options: { signal: AbortSignal }): Promise<Uint8Array>;
  /** Where a file of an own share lies; undefined when it is not in the index any more. */
  locate(shareId: ShareId, path: SafePath): LocatedFile | undefined;
  /** The session with a peer that is here. */
  source(peerId: PeerId): Pick<PeerSession, 'read'> | undefined;
  /** Another limit than that of limits.ts, for tests. */
  askMs?: number;
}

const rootBytes = 32;

/** Hands over what is known of a side's files. */
export async function tellKnown(
  place: Place,
  options: ContentIdsOptions,
  tell: (ids: ToldIds) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (place.kind === 'folder') return tellLocal(place.root, options, tell, signal);
  const { details } = options;
  if (details.isEmpty) return;
  const cut = place.base === '' ? 0 : place.base.length + 1;
  let after = place.base === '' ? '' : `${place.base}/`;
  const telling: Promise<unknown>[] = [];
  for (;;) {
    signal.throwIfAborted();
    const key = `${place.peerId}/${place.shareId}`;
    const found = await details.ask('roots', { key, below: place.base, after, limit: compareLimits.idsAtOnce });
    if (found.last === undefined) break;
    after = found.last;
    const { paths, sizes, times, roots } = found;
    const told = tell({ paths, cut, sizes, times, roots });
    told.catch(() => undefined); // It may be refused before it is waited for, below.
    telling.push(told);
  }
  await Promise.all(telling);
}

/** Roots remembered of files on this disk; whether they still hold is looked at by their stamps. */
async function tellLocal(
  root: string,
  { trees }: ContentIdsOptions,
  tell: (ids: ToldIds) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const cut = root.endsWith(path.sep) ? root.length : root.length + 1;
  let after = '';
  for (;;) {
    signal.throwIfAborted();
    const rows = trees.rootsBelow(root, after, compareLimits.idsAtOnce / 10);
    const last = rows.at(-1);
    if (last === undefined) return;
    const ids = new IdColumns();
    const looked = await Promise.all(rows.map(({ path: file }) => lstat(file, { bigint: true }).catch(() => undefined)));
    for (const [at, { path: file }] of rows.entries()) {
      const stats = looked[at];
      const known = stats?.isFile() ? trees.rootOf(file, stats) : undefined;
      if (known !== undefined && stats !== undefined)
        ids.add(file.slice(cut).split(path.sep).join('/'), Number(stats.size), known, Number.NaN);
    }
    await tell(ids.told());
    after = last.path;
    await nextTurn();
  }
}

/** Peers' sides first: what they do not answer need not be hashed here. */
export function searchOrder(places: Readonly<Record<SideName, Place>>): SideName[] {
  return sideNames.toSorted((one, other) => Number(isPeers(places[other])) - Number(isPeers(places[one])));
}

/** As many of them as are looked for at all. */
export function soughtOf(place: Place, wanted: readonly WantedId[]): readonly WantedId[] {
  return isPeers(place) ? wanted.slice(0, compareLimits.askedIds) : wanted;
}

function isPeers(place: Place): boolean {
  return place.kind === 'entry' && !place.isOwn;
}

/**
 * Finds out the content ids of these files, a few at a time, and hands them over. `onDone` counts files. Past `until` no more are looked for, and what was
 * found is handed over. Rejects only when `signal` is aborted.
 */
export async function findMissing(
  place: Place,
  wanted: readonly WantedId[],
  options: ContentIdsOptions,
  {
    tell,
    onDone,
    signal,
    until,
  }: { tell: (ids: ToldIds) => Promise<unknown>; onDone: () => void; signal: AbortSignal; until: AbortSignal },
): Promise<void> {
  const isOwners = isPeers(place);
  const lanes = isOwners ? compareLimits.askedAtOnce : compareLimits.hashedAtOnce;
  const queue = wanted.toReversed();
  const find = finder(place, options);
  const over = AbortSignal.any([signal, until]);
  let isAway = false;
  const lane = async (): Promise<void> => {
    const ids = new IdColumns();
    for (let file = queue.pop(); file !== undefined && !isAway && !until.aborted; file = queue.pop()) {
      signal.throwIfAborted();
      try {
        const root = await find(file, over);
        if (root !== undefined) ids.add(file.path, file.sizeBytes, root, file.mtimeMs);
      } catch (error) {
        signal.throwIfAborted();
        // A file that cannot be had stays as it was told apart before; an owner that is away is not asked for the rest.
        if (isOwners && asAppError(error).kind === 'unavailable') isAway = true;
      }
      onDone();
      if (ids.count >= compareLimits.idsAtOnce) await tell(ids.told());
    }
    await tell(ids.told());
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

type Find = (file: WantedId, signal: AbortSignal) => Promise<Uint8Array | undefined>;

function finder(place: Place, options: ContentIdsOptions): Find {
  if (place.kind === 'folder') {
    return async ({ path: relative, sizeBytes }, signal) => {
      const safePath = relative as SafePath; // Walked, each name checked.
      const located = { root: place.root, absolutePath: pathBelow(place.root, safePath) };
      const stats = await lstat(located.absolutePath);
      return stats.size === sizeBytes ? options.rootOf(located, safePath, { signal }) : undefined;
    };
  }
  const inShare = (relative: string) => (place.base === '' ? relative : `${place.base}/${relative}`) as SafePath;
  if (place.isOwn) {
    return async ({ path: relative, sizeBytes }, signal) => {
      const located = options.locate(place.shareId, inShare(relative));
      if (located === undefined) return undefined;
      const stats = await lstat(located.absolutePath);
      return stats.size === sizeBytes ? options.rootOf(located, inShare(relative), { signal }) : undefined;
    };
  }
  return async ({ path: relative, sizeBytes }, signal) =>
    askOwner(place, options, { path: inShare(relative), sizeBytes }, signal);
}

/** Its head and no bytes: the owner hashes for it if it must. */
async function askOwner(
  { peerId, shareId }: Place & { kind: 'entry' },
  options: ContentIdsOptions,
  { path: file, sizeBytes }: { path: string; sizeBytes: number },
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const session = options.source(peerId);
  if (session === undefined) throw new AppError('unavailable', 'The owner is not connected.');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.askMs ?? compareLimits.askMs)]);
  const request = { shareId, path: file, offset: 0, length: 0, needsRoot: true };
  try {
    const reply = await session.read(request, { signal: deadline });
    await reply.bytes[Symbol.asyncIterator]().next();
    return reply.sizeBytes === sizeBytes ? reply.root : undefined;
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    throw new AppError('unavailable', 'The owner did not answer in time.', { cause: error });
  }
}

/** Content ids as they are handed over. */
class IdColumns {
  #paths: string[] = [];
  #sizes: number[] = [];
  #times: number[] = [];
  #roots: Uint8Array[] = [];

  get count(): number {
    return this.#paths.length;
  }

  add(file: string, sizeBytes: number, root: Uint8Array, mtimeMs: number): void {
    this.#paths.push(file);
    this.#sizes.push(sizeBytes);
    this.#times.push(mtimeMs);
    this.#roots.push(root);
  }

  /** All so far; it is empty then. */
  told(): ToldIds {
    const roots = new Uint8Array(this.#roots.length * rootBytes);
    for (const [at, root] of this.#roots.entries()) roots.set(root, at * rootBytes);
    const told = {
      paths: new Uint8Array(Buffer.from(this.#paths.join('//'))),
      cut: 0,
      sizes: Float64Array.from(this.#sizes),
      times: Float64Array.from(this.#times),
      roots,
    };
    [this.#paths, this.#sizes, this.#times, this.#roots] = [[], [], [], []];
    return told;
  }
}
