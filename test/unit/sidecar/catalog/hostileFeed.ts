// A feed of which every block is its own invention, and the announcement that goes with it. For tests of what a hostile index can do.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import type { ShareId } from '../../../../src/protocol/ids.ts';
import type { Entry } from '../../../../src/protocol/model.ts';
import { ChunkEncoder, type Chunk } from '../../../../src/sidecar/catalog/index/chunks.ts';
import { encodeDelta } from '../../../../src/sidecar/catalog/index/delta.ts';
import { encodeHead } from '../../../../src/sidecar/catalog/index/head.ts';
import type { Delta, IndexCounts } from '../../../../src/sidecar/catalog/index/rows.ts';
import type { ShareAnnouncement } from '../../../../src/sidecar/wire/services.ts';
import { temporaryFolder } from './twoPeers.ts';

export const hostileShare = 'y'.repeat(26) as ShareId;

export class MadeUpFeed {
  readonly core: Hypercore;
  announcement: ShareAnnouncement;
  readonly #close: () => Promise<void>;

  private constructor(core: Hypercore, announcement: ShareAnnouncement, close: () => Promise<void>) {
    this.core = core;
    this.announcement = announcement;
    this.#close = close;
  }

  /** `keys`: of another feed, of which this is a second history. */
  static async open(change: Partial<ShareAnnouncement> = {}, keys = newKeys()): Promise<MadeUpFeed> {
    const folder = temporaryFolder();
    const store = new Corestore(folder);
    const { keyPair, encryptionKey } = keys;
    const core = store.get({ keyPair, encryption: { key: encryptionKey } });
    await core.ready();
    assert(core.key);
    const counts = { fileCount: 0, folderCount: 0, totalBytes: 0 };
    const announcement = {
      ...{ shareId: hostileShare, title: 'Evil', feedKey: new Uint8Array(core.key), encryptionKey },
      ...{ feedLength: 0, revision: 0, updatedAtMs: 1, ...counts, ...change },
    };
    return new MadeUpFeed(core, announcement, async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Appends, and announces the new end. */
  async append(blocks: Uint8Array[], change: Partial<ShareAnnouncement> = {}): Promise<void> {
    await this.core.append(blocks.map((block) => Buffer.from(block)));
    const { revision } = this.announcement;
    this.announcement = { ...this.announcement, feedLength: this.core.length, revision: revision + 1, ...change };
  }

  /** A snapshot of these files in the root, in the order given. */
  async snapshot(
    files: readonly Pick<Entry, 'name' | 'sizeBytes' | 'mtimeMs'>[],
    change: Partial<ShareAnnouncement> = {},
  ): Promise<void> {
    const { blocks, counts } = snapshot(files, this.core.length);
    await this.append(blocks, { ...counts, ...change });
  }

  /** A delta as it should be but for `change`. */
  async delta(
    folders: Delta['folders'],
    counts: IndexCounts,
    change: { headBlock: number } & Partial<ShareAnnouncement>,
  ): Promise<void> {
    const { headBlock, ...announced } = change;
    await this.append([encodeDelta({ updatedAtMs: 2, counts, folders }, headBlock)], { ...counts, ...announced });
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

export function newKeys(): { keyPair: ReturnType<typeof NoiseSecretStream.keyPair>; encryptionKey: Uint8Array } {
  return { keyPair: NoiseSecretStream.keyPair(), encryptionKey: new Uint8Array(randomBytes(32)) };
}

export function snapshot(
  files: readonly Pick<Entry, 'name' | 'sizeBytes' | 'mtimeMs'>[],
  firstBlock = 0,
): { blocks: Uint8Array[]; counts: IndexCounts } {
  const chunks: Chunk[] = [];
  const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
  encoder.folder(0, files.length);
  for (const { name, sizeBytes, mtimeMs } of files) encoder.entry(Buffer.from(name), sizeBytes, mtimeMs);
  encoder.end();
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const counts = { fileCount: files.length, folderCount: 0, totalBytes };
  const head = encodeHead({ ...counts, updatedAtMs: 1, firstBlock, chunks });
  return { blocks: [...chunks.map((chunk) => chunk.block), head], counts };
}

export function file(name: string, sizeBytes = 5): Entry {
  return { name, kind: 'file', sizeBytes, mtimeMs: 1000 };
}
