// Whether anybody but its owner could give some of a download that waits: those who list its content, and those who say that they hold it.

import type { EntryRef } from '../../../protocol/model.ts';
import { isOfLink } from '../../../protocol/linkPeer.ts';
import { transferLimits } from '../../limits.ts';
import type { DownloadCatalog } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';
import type { Holder, SourceFinder } from './swarm/contract.ts';

export interface HolderLookOptions {
  catalog: Pick<DownloadCatalog, 'files'>;
  sources: Pick<SourceFinder, 'others' | 'hasOthers'>;
  roots: { of(entry: EntryRef): Promise<Uint8Array | undefined> };
}

/** Of a folder, entries looked at, and files asked about: whoever has it has some of the first. */
const lookedAt = 64;
const askedAbout = 4;

export class HolderLook {
  readonly #options: HolderLookOptions;

  constructor(options: HolderLookOptions) {
    this.#options = options;
  }

  /** Undefined when there was nobody or nothing to ask. Never rejects. */
  async isHeld(record: DownloadRecord, { signal }: { signal: AbortSignal }): Promise<boolean | undefined> {
    const { sources, roots } = this.#options;
    if (!sources.hasOthers(record.entry.peerId)) return undefined;
    let asked = 0;
    for (const { sizeBytes: _, ...entry } of this.files(record)) {
      const root = await roots.of(entry);
      if (root === undefined) continue;
      for (const holder of await sources.others(entry, root)) {
        asked++;
        if (signal.aborted) return undefined;
        if (await holdsAny(holder, root, signal)) return true;
      }
      if (asked >= askedAbout) break;
    }
    return asked > 0 ? false : undefined;
  }

  /** The entry itself, or those of a folder that are among its first. */
  *files(record: Pick<DownloadRecord, 'kind' | 'entry' | 'totalBytes'>): Iterable<EntryRef & { sizeBytes: number }> {
    if (record.kind === 'file') {
      yield { ...record.entry, sizeBytes: record.totalBytes };
      return;
    }
    if (isOfLink(record.entry)) {
      yield* this.#spread(record.entry);
      return;
    }
    let seen = 0;
    for (const { path, entry } of this.#options.catalog.files(record.entry)) {
      if (seen++ >= lookedAt) return;
      if (entry.kind === 'file') yield { ...record.entry, path, sizeBytes: entry.sizeBytes };
    }
  }

  /** Files of a link are each somewhere else, and some may be here already: others are looked at each time. */
  *#spread(ref: EntryRef): Iterable<EntryRef & { sizeBytes: number }> {
    const files = [...this.#options.catalog.files(ref)].filter(({ entry }) => entry.kind === 'file' && entry.sizeBytes > 0);
    const step = Math.max(1, files.length / lookedAt);
    const start = Math.random() * step;
    for (let at = start; at < files.length; at += step) {
      const file = files[Math.floor(at)];
      if (file) yield { ...ref, path: file.path, sizeBytes: file.entry.sizeBytes };
    }
  }
}

async function holdsAny({ source, at }: Holder, root: Uint8Array, signal: AbortSignal): Promise<boolean> {
  if (at.owner === source.peerId) return true; // It lists the content as its own.
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(transferLimits.holderLookMs)]);
    const { units } = await source.holding({ ...at, root }, { signal: limited });
    return units.some((byte) => byte !== 0);
  } catch {
    return false; // It does not hold it, may not give it, or did not answer: as good as no.
  }
}
