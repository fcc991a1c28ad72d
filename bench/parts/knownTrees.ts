// Two indexes with the content ids of all their files, without the days that hashing them would take: for the comparison alone, in this process.

import path from 'node:path';
import { createHash } from 'node:crypto';
import { type PeerId, isPeerId, isShareId, type ShareId } from '../../src/protocol/ids.ts';
import type { CompareSide } from '../../src/protocol/compare.ts';
import { DetailStore } from '../../src/sidecar/catalog/details/detailStore.ts';
import { DetailTables } from '../../src/sidecar/catalog/details/detailTables.ts';
import { IndexView } from '../../src/sidecar/catalog/index/indexView.ts';
import { Segment } from '../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../src/sidecar/catalog/index/segmentWriter.ts';
import { Comparisons } from '../../src/sidecar/compare/comparisons.ts';
import { silentLog } from '../../src/sidecar/log.ts';
import { generateIndex, generateTree } from './generatedTree.ts';

export interface KnownTrees {
  comparisons: Comparisons;
  left: CompareSide;
  right: CompareSide;
  close(): Promise<void>;
}

/** Every hundredth file of the right one has another content, none another size or time. */
export function knownTrees(folder: string, options: { files: number; seed: number }): KnownTrees {
  const peerId = 'y'.repeat(52);
  if (!isPeerId(peerId)) throw new Error('no peer id');
  const shares = ['y', 'b'].map((letter) => letter.repeat(26)).filter(isShareId);
  const tables = new DetailTables(folder, () => undefined);
  const views = new Map<ShareId, IndexView>();
  for (const [side, shareId] of shares.entries()) {
    const segmentPath = path.join(folder, `known-${side}`);
    const writer = new SegmentWriter(segmentPath);
    generateIndex(options, writer);
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
  generateTree(options, (at, { files }) => {
    for (const { name, sizeBytes, mtimeMs } of files) {
      const file = at === '' ? name : `${at}/${name}`;
      const content = side === 1 && records.length % 100 === 0 ? `${file} changed` : file;
      const contentId = new Uint8Array(createHash('sha256').update(content).digest());
      records.push({ path: file, sizeBytes, mtimeMs, contentId, mime: undefined, fields: {} });
    }
  });
  return records;
}
