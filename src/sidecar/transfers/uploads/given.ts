// Content of others' shares that lies here: what was downloaded, and what is being downloaded so far. Only to whom its share may be passed on,
// only the very content that is asked for, only ranges that are there whole.

import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { AppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import { transferLimits } from '../../limits.ts';
import { leafBytes } from '../content/merkle.ts';
import { stampOf } from '../content/trees.ts';
import type { SharedFile } from '../disk/sharedFile.ts';
import type { HoldingReply } from '../../wire/services.ts';
import type { OpenFiles } from './openFiles.ts';
import type { GivenFile, GivenOn, GivenPartial } from './parts.ts';
import { notHeld } from './refusals.ts';
import { readWhole, type UploadContent } from './upload.ts';

/** What a peer asks for of somebody else's share. */
export interface GivenRequest {
  owner: PeerId;
  shareId: ShareId;
  path: string;
  root: Uint8Array;
}

/** 0 where the time of the file is not known here: its owner told it in the index. */
export type GivenContent = UploadContent & { mtimeMs: number };

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Cheap to ask again while nothing came. */
const lastHoldings = new WeakMap<GivenPartial, { count: number; reply: HoldingReply }>();

/** What of it this peer may have. Throws `not-found` when there is nothing, or it is not for this peer: the two look the same from outside. */
export function find(givenOn: GivenOn, peerId: PeerId, request: GivenRequest): { partial: GivenPartial } | { file: GivenFile } {
  const { owner, shareId, path, root } = request;
  if (!givenOn.mayPassOn(peerId, owner, shareId)) throw notHeld(path);
  const receiving = givenOn.receiving(owner, shareId, path);
  if (receiving && Buffer.compare(receiving.root, root) === 0) return { partial: receiving.partial };
  const file = givenOn.downloaded(owner, shareId, path);
  if (file && Buffer.compare(file.root, root) === 0) return { file };
  throw notHeld(path);
}

/** All of a content of this size. */
export function wholeHolding(sizeBytes: number): HoldingReply {
  let unitBytes = leafBytes;
  while (unitBytes < sizeBytes) unitBytes *= 2;
  return { sizeBytes, unitBytes, units: Uint8Array.of(sizeBytes === 0 ? 0 : 0x80) };
}

/** What is there of a partial file, by units of a power of two of leaves. */
export function partialHolding(partial: GivenPartial): HoldingReply {
  const { sizeBytes, leafCount, have } = partial;
  const last = lastHoldings.get(partial);
  if (last?.count === have.count) return last.reply;
  let leaves = 1;
  while (Math.ceil(leafCount / leaves) > transferLimits.holdingUnits) leaves *= 2;
  const reply = { sizeBytes, unitBytes: leaves * leafBytes, units: have.units(leaves) };
  lastHoldings.set(partial, { count: have.count, reply });
  return reply;
}

/** A range of a partial file; throws `not-found` when not all of it is there. */
export function partialContent(partial: GivenPartial, path: string, range: { offset: number; end: number }): GivenContent {
  const first = Math.floor(range.offset / leafBytes);
  const count = Math.ceil(range.end / leafBytes) - first;
  if (range.end > range.offset && !partial.have.hasAll(first, count)) throw notHeld(path);
  return {
    mtimeMs: 0,
    read: (position, _block, length) => partial.read(position, length),
    // Each leaf was compared when it came, and is by who asked.
    check: () => Promise.resolve(),
    release: () => undefined,
  };
}

/** A downloaded file, while it stands as it was verified. Throws `not-found`. */
export async function givenFileContent(files: OpenFiles, givenOn: GivenOn, request: GivenRequest): Promise<GivenContent> {
  const { owner, shareId, path } = request;
  const look = () => givenOn.downloaded(owner, shareId, path);
  const held = look();
  if (held === undefined) throw notHeld(path);
  const file = await files.openOther(() => openGiven(held, path, look));
  return {
    mtimeMs: file.mtimeMs,
    read: (position, block, length) => readWhole(file.handle, block(length), position),
    check: () => file.check(),
    release: () => file.release(),
  };
}

async function openGiven(held: GivenFile, path: string, look: () => GivenFile | undefined): Promise<SharedFile> {
  const openedAtMs = Date.now();
  const handle = await open(held.localPath, openFlags).catch(() => undefined);
  if (handle === undefined) throw notHeld(path);
  try {
    const stats = await handle.stat({ bigint: true });
    const there = await lstat(held.localPath, { bigint: true });
    // What is open is what lies there, and what lies there is (asked once more) what was verified.
    const isSame = there.ino === stats.ino && there.dev === stats.dev && stampOf(there) === stampOf(stats);
    const isVerified = look()?.localPath === held.localPath && stats.size === BigInt(held.sizeBytes);
    if (!stats.isFile() || !isSame || !isVerified) throw notHeld(path);
    return { handle, stats, sizeBytes: held.sizeBytes, mtimeMs: Number(stats.mtimeNs / 1_000_000n), openedAtMs };
  } catch (error) {
    await handle.close();
    throw error instanceof AppError ? error : notHeld(path);
  }
}
