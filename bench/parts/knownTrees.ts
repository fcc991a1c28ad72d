// Two indexes with the content ids of all their files, without the days that hashing them would take: for the comparison alone, in this process.

import path from 'node:path';
import { createHash } from 'node:crypto';
import { type PeerId, isPeerId, isShareId, type ShareId } from '../../src/protocol/ids.ts';
import type { CompareSide } from '../../src/protocol/compare.ts';
import { DetailStore } from '../../src/sidecar/catalog/details/detailStore.ts';
import { DetailTables } from '../../src/sidecar/catalog/details/detailTables.ts';
import { IndexView } from '../../src/sidecar/catalog/index/indexView.ts';
import { compareNames } from '../../src/sidecar/catalog/index/names.ts';
import { Segment } from '../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../src/sidecar/catalog/index/segmentWriter.ts';
import { Comparisons } from '../../src/sidecar/compare/comparisons.ts';
import { silentLog } from '../../src/sidecar/log.ts';
import { generateTree, type GeneratedFile } from './generatedTree.ts';

export interface KnownTrees {
  comparisons: Comparisons;
  left: CompareSide;
  right: CompareSide;
  close(): Promise<void>;
}

/** Of the right one every hundredth file has another content, with the same size and time, and three hundredths lie under another path. */
export function knownTrees(folder: string, options: { files: number; seed: number }): KnownTrees {
  const peerId = 'y'.repeat(52);
  if (!isPeerId(peerId)) throw new Error('no peer id');
  const shares = ['y', 'b'].map((letter) => letter.repeat(26)).filter(isShareId);
  const tables = new DetailTables(folder, () => undefined);
  const views = new Map<ShareId, IndexView>();
  for (const [side, shareId] of shares.entries()) {
    const segmentPath = path.join(folder, `known-${side}`);
    const writer = new SegmentWriter(segmentPath);
    eachFolder(options, side, (_, { folders, files }) => {
      writer.folder(folders.length, files.length);
      for (const { name, mtimeMs } of folders) writer.entry(Buffer.from(name), 0, mtimeMs);
      for (const { name, sizeBytes, mtimeMs } of files) writer.entry(Buffer.from(name), sizeBytes, mtimeMs);
    });
    writer.finish(Date.now());
    views.set(shareId, new IndexView(Segment.open(segmentPath)));
    tables.begin(`${peerId}/${shareId}`, { feedKey: new Uint8Array(32), isOfContent: true, refusal: '' });
    tables.transaction(() => tables.put(`${peerId}/${shareId}`, recordsOf(options, side)));
  }
  tables.close();
  const details = new DetailStore({ dataFolder: folder, log: silentLog });
  const never = (): never => {
    throw new Error('not asked for');
  };
  const comparisons = new Comparisons({
    ...{ ownPeerId: peerId, details, trees: { rootsBelow: never, rootOf: never }, rootOf: never, locate: never },
    ...{ source: () => undefined, download: never },
    catalog: () => ({ view: (_: PeerId, shareId: ShareId) => views.get(shareId), list: never }),
  });
  const [left, right] = shares.map((shareId): CompareSide => ({ entry: { peerId, shareId, path: '' } }));
  if (left === undefined || right === undefined) throw new Error('no shares');
  return {
    ...{ comparisons, left, right },
    close: async () => {
      comparisons.close();
      for (const view of views.values()) view.close();
      await details.close();
    },
  };
}

function recordsOf(options: { files: number; seed: number }, side: number) {
  const records: {
    path: string;
    sizeBytes: number;
    mtimeMs: number;
    contentId: Uint8Array;
    mime: undefined;
    fields: Record<string, string>;
  }[] = [];
  eachFolder(options, side, (at, { files }) => {
    for (const { name, sizeBytes, mtimeMs, original } of files) {
      const content = path.posix.join(at, original);
      const isChanged = side === 1 && records.length % 100 === 0;
      const contentId = new Uint8Array(
        createHash('sha256')
          .update(isChanged ? `${content} changed` : content)
          .digest(),
      );
      records.push({ path: path.posix.join(at, name), sizeBytes, mtimeMs, contentId, mime: undefined, fields: {} });
    }
  });
  return records;
}

interface SideFolder {
  folders: readonly { name: string; mtimeMs: number }[];
  /** `original`: its name on the left. */
  files: (GeneratedFile & { original: string })[];
}

/** The tree as a side has it: the right one with some files of another name. */
function eachFolder(
  options: { files: number; seed: number },
  side: number,
  visit: (at: string, folder: SideFolder) => void,
): void {
  let count = 0;
  generateTree(options, (at, { folders, files }) => {
    const named = files.map((file) => {
      const isMoved = ++count % 100 < 3 && side === 1;
      return { ...file, name: isMoved ? `moved ${file.name}` : file.name, original: file.name };
    });
    visit(at, { folders, files: named.sort((one, other) => compareNames(one.name, other.name)) });
  });
}
