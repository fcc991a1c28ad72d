// The small files of a folder download: asked for many at a time of their owner, a few packs under way, handed to the disk worker as they come.
// What a pack does not give is left to be fetched singly, or failed. Knows neither final names nor the queue.

import { asAppError, type ErrorKind } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import { transferLimits, wireLimits } from '../../limits.ts';
import type { FileSource, ReadReply } from '../../wire/services.ts';
import type { DiskRun } from '../disk/diskRun.ts';
import { badContent, peerGone } from '../failures.ts';
import { SpeedMeter } from '../pace.ts';
import type { Rate } from '../rates.ts';
import { eachWithin, within } from '../waiting.ts';
import type { PlannedFile } from './plan.ts';
import type { SwarmSource } from './swarm/contract.ts';

export interface PackRunOptions {
  peerId: PeerId;
  shareId: ShareId;
  /** All files of the plan; `indexes` (in their order) are fetched here, and name them to the disk run. */
  files: readonly PlannedFile[];
  indexes: readonly number[];
  /** The owner's session of the moment. */
  owner(): FileSource | undefined;
  run: DiskRun;
  rate: Rate;
  signal: AbortSignal;
  stallMs?: number;
  /** Files larger than planned are left to be fetched singly, where that is refused. */
  isBounded?: boolean;
  /** Verified; how many bytes more than planned these files have. */
  onBytes(bytes: number, surplus: number): void;
  /** To be fetched by itself: it changed, outgrew a pack, or did not verify. */
  onSingle(index: number): void;
  onFailed(index: number, kind: ErrorKind): void;
  onSource(source: SwarmSource): void;
}

/** A pack whose link breaks is asked for again over another one, this often without a byte in between. */
const mostBreaks = 4;
/** Made so large at a time: a pack is on its way long before the ones in front are used up. */
const firstPackBytes = 64 * 1024;

/** Resolves when all are verified and written (not yet placed), passed on to `onSingle`, or failed. Rejects when it cannot go on. */
export async function fetchPacks(options: PackRunOptions): Promise<void> {
  const packs = packsOf(options.files, options.indexes);
  const shown = new ShownSource(options);
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    for (;;) {
      if (failure) return;
      const next = packs.next();
      if (next.done === true) return;
      try {
        await fetchPack(next.value, options, shown);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: transferLimits.packsInFlight }, lane));
  if (failure) throw failure.error;
}

/** Files in their order, so that those of one folder travel together. The first pack is small: it is there soon. */
export function* packsOf(files: readonly PlannedFile[], indexes: readonly number[]): Generator<number[], void, undefined> {
  let pack: number[] = [];
  let bytes = 0;
  let pathBytes = 0;
  let mostBytes = firstPackBytes;
  for (const index of indexes) {
    const file = files[index];
    if (!file) continue;
    const length = Buffer.byteLength(file.path);
    const isFull =
      pack.length >= transferLimits.packFiles ||
      bytes + file.sizeBytes > mostBytes ||
      pathBytes + length > transferLimits.packPathBytes;
    if (isFull && pack.length > 0) {
      yield pack;
      pack = [];
      bytes = pathBytes = 0;
      mostBytes = transferLimits.packBytes;
    }
    pack.push(index);
    bytes += file.sizeBytes;
    pathBytes += length;
  }
  if (pack.length > 0) yield pack;
}

async function fetchPack(pack: number[], options: PackRunOptions, shown: ShownSource): Promise<void> {
  for (let breaks = 0; ; breaks++) {
    const source = options.owner();
    if (source === undefined) throw peerGone(options.peerId);
    try {
      const chunks = await receivePack(source, pack, { options, shown });
      return await take(pack, chunks, { options, shown, source });
    } catch (error) {
      if (asAppError(error).kind !== 'unavailable' || options.signal.aborted || breaks >= mostBreaks) throw error;
    }
  }
}

async function receivePack(
  source: FileSource,
  pack: readonly number[],
  { options, shown }: { options: PackRunOptions; shown: ShownSource },
): Promise<Uint8Array[]> {
  const { files, rate, shareId, signal } = options;
  const paths = pack.map((index) => files[index]?.path ?? '');
  const about = { source, path: paths[0] ?? '', signal };
  const headMs = options.stallMs ?? wireLimits.headMs;
  const reply: ReadReply = await source.readPack(
    { shareId, paths },
    { signal, onPosition: (position) => shown.waits(source, position) },
  );
  if (reply.sizeBytes > transferLimits.packWireBytes)
    throw badContent(source.peerId, about.path, 'came in a pack that is too large');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of eachWithin(options.stallMs ?? wireLimits.requestStallMs, reply.bytes, about)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > transferLimits.packWireBytes) throw badContent(source.peerId, about.path, 'came in a pack that is too large');
    shown.gives(reply, source, chunk.length);
    if (rate.isLimited) await rate.take(chunk.length, { signal, key: source.peerId });
  }
  await within(headMs, reply.end(), about);
  return chunks;
}

async function take(
  pack: readonly number[],
  chunks: readonly Uint8Array[],
  { options, shown, source }: { options: PackRunOptions; shown: ShownSource; source: FileSource },
): Promise<void> {
  const { files } = options;
  let planned = 0;
  for (const index of pack) planned += files[index]?.sizeBytes ?? 0;
  const relatives = pack.map((index) => files[index]?.relative ?? '');
  const most = options.isBounded === true ? Float64Array.from(pack, (index) => files[index]?.sizeBytes ?? 0) : undefined;
  const unpacked = await options.run.unpack({ indexes: Uint32Array.from(pack), relatives, ...(most && { most }) }, chunks);
  const without = (index: number) => void (planned -= files[index]?.sizeBytes ?? 0);
  for (const index of unpacked.wrong) {
    without(index);
    shown.bad(source);
    options.onSingle(index);
  }
  for (const { index, kind } of unpacked.refused) {
    without(index);
    if (kind === 'changed' || kind === 'too-large' || kind === 'busy' || kind === 'unavailable') options.onSingle(index);
    else options.onFailed(index, kind);
  }
  if (unpacked.good > 0) options.onBytes(unpacked.goodBytes, unpacked.goodBytes - planned);
}

/** The owner as a source of packs. */
class ShownSource {
  readonly #options: PackRunOptions;
  readonly #speed = new SpeedMeter();
  #receivedBytes = 0;
  #badPieces = 0;

  constructor(options: PackRunOptions) {
    this.#options = options;
  }

  waits(source: FileSource, position: number): void {
    if (position > 0) this.#tell(source, { state: 'waiting', link: source.linkKind, position });
  }

  gives(reply: ReadReply, source: FileSource, bytes: number): void {
    this.#receivedBytes += bytes;
    this.#speed.add(bytes);
    this.#tell(source, { state: 'active', link: reply.link });
  }

  bad(source: FileSource): void {
    this.#badPieces++;
    this.#tell(source, { state: 'active', link: source.linkKind });
  }

  #tell(source: FileSource, now: Pick<SwarmSource, 'state' | 'link' | 'position'>): void {
    this.#options.onSource({
      ...now,
      peerId: source.peerId,
      bytesPerSecond: this.#speed.bytesPerSecond(),
      receivedBytes: this.#receivedBytes,
      badPieces: this.#badPieces,
    });
  }
}
