// One file of a download by itself: taken from this machine if its content is here already, else received from whoever has it, then named.

import { createHash } from 'node:crypto';
import path from 'node:path';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import { isOfLink } from '../../../protocol/linkPeer.ts';
import type { DiskRun } from '../disk/diskRun.ts';
import type { PlannedFile } from './plan.ts';
import type { RunOptions } from './runOptions.ts';
import type { SourcesShown } from './sourcesShown.ts';
import { receiveFile } from './swarm/swarm.ts';

export interface SingleOptions {
  options: RunOptions;
  run: DiskRun;
  /** Folder of the download's partial files. */
  partials: string;
  shown: SourcesShown;
  signal: AbortSignal;
  /** Bytes that are verified, or turned out wrong. */
  onBytes(delta: number): void;
  onReused(bytes: number): void;
  /** It is larger or smaller than its index says. May throw. */
  onSurplus(bytes: number): void;
}

export type Single =
  { outcome: 'placed'; target: string; root: Uint8Array; sizeBytes: number; mtimeMs: number } | { outcome: 'skipped' };

/** Named by a hash: no peer's word, however long or strange, becomes a path here. */
export function partialPathOf(partials: string, file: PlannedFile): string {
  const name = createHash('sha256').update(file.path).digest('hex').slice(0, 40);
  return path.join(partials, `${name}.part`);
}

/** Rejects with AppError. What a failed attempt counted is taken back unless the download stops with it, to go on from what lies there. */
export async function fetchSingle(file: PlannedFile, single: SingleOptions): Promise<Single> {
  const { options, run, partials, shown, signal } = single;
  const { record, disk, trees, log, sources, rate, receiving, stallMs } = options;
  const { peerId, shareId } = record.entry;
  const entry = { peerId, shareId, path: file.path };
  const partialPath = partialPathOf(partials, file);
  const root = options.mayReuse ? await options.rootOf(entry) : undefined;
  if (root && file.sizeBytes > 0 && (await options.reuse({ ...file, root, partialPath }, { signal }))) {
    single.onReused(file.sizeBytes); // first: what is told as progress is then known not to have come from anybody
    single.onBytes(file.sizeBytes);
    return named(await run.place(file.relative, partialPath), { ...file, root });
  }
  if (root && file.sizeBytes === 0 && isOfLink(entry)) {
    await makeEmpty(partialPath, { root, mtimeMs: file.mtimeMs, disk });
    return named(await run.place(file.relative, partialPath), { ...file, root });
  }
  let counted = 0;
  let planned = file.sizeBytes;
  const part = {};
  try {
    const received = await receiveFile({
      wanted: { entry, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, ...(root ? { root } : {}) },
      partialPath,
      ...{ disk, trees, log, signal, sources, rate, receiving },
      ...(stallMs === undefined ? {} : { stallMs }),
      order: 'rarest',
      onHead: ({ sizeBytes }) => {
        if (options.isBounded === true && sizeBytes > file.sizeBytes) throw grown(file.path);
        const surplus = sizeBytes - planned;
        planned = sizeBytes;
        single.onSurplus(surplus);
      },
      onBytes: (delta) => {
        counted += delta;
        single.onBytes(delta);
      },
      onSources: (list) => shown.set(part, list),
    });
    return named(await run.place(file.relative, partialPath), received);
  } catch (error) {
    if (ownFailures.has(asAppError(error).kind)) {
      single.onBytes(-counted);
      single.onSurplus(file.sizeBytes - planned);
    }
    throw error;
  } finally {
    shown.remove(part);
  }
}

/** Nobody need be asked for nothing. */
async function makeEmpty(
  path: string,
  { root, mtimeMs, disk }: { root: Uint8Array; mtimeMs: number } & Pick<RunOptions, 'disk'>,
): Promise<void> {
  const partial = await disk.openPartial({ path, sizeBytes: 0 });
  try {
    await partial.finish({ mtimeMs, root });
  } finally {
    await partial.close();
  }
}

/** A file may fail alone in a folder for these; anything else stops the whole download. */
export const ownFailures: ReadonlySet<string> = new Set([
  'not-found',
  'permission-denied',
  'changed',
  'verification-failed',
  'io',
  'is-folder',
  'not-folder',
  'invalid-argument',
  'already-exists',
]);

function grown(sharePath: string): AppError {
  return new AppError(
    'changed',
    `${JSON.stringify(sharePath)} is larger now than it was offered, so it was not taken. Ask its sender to offer it again.`,
    { data: { path: sharePath } },
  );
}

function named(
  place: { outcome: 'placed'; target: string } | { outcome: 'skipped' },
  { root, sizeBytes, mtimeMs }: { root: Uint8Array; sizeBytes: number; mtimeMs: number },
): Single {
  return place.outcome === 'skipped' ? place : { ...place, root, sizeBytes, mtimeMs };
}
