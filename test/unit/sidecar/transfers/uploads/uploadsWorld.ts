// Uploads of one owner with some of their parts replaced, for the tests of serving.

import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { pathBelow } from '../../../../../src/sidecar/storage/safePath.ts';
import { unlimited } from '../../../../../src/sidecar/transfers/rates.ts';
import type { UploadsOptions } from '../../../../../src/sidecar/transfers/uploads/parts.ts';
import { Uploads } from '../../../../../src/sidecar/transfers/uploads/uploads.ts';
import type { ReadReply } from '../../../../../src/sidecar/wire/services.ts';
import { type Owner, ownerId } from '../world.ts';

export const signal = new AbortController().signal;
export const serve = { signal, link: 'session' as const };

/** Serves what `from` has, closed after the test. */
export function uploadsOver(t: TestContext, from: Owner, more: Partial<UploadsOptions> = {}): Uploads {
  const { database, disk, trees, hasher, log, shared, catalog } = from;
  const locate: UploadsOptions['locate'] = (peerId, shareId, safePath) => {
    const entry = catalog.stat({ peerId, shareId, path: safePath });
    return entry && { root: shared, absolutePath: pathBelow(shared, safePath), entry };
  };
  const located: UploadsOptions['locate'] = more.locate ?? locate;
  const uploads = new Uploads({
    ...{ ownPeerId: ownerId, secret: Buffer.alloc(32, 7), database, disk, trees, hasher, log },
    locate,
    locateMany: (peerId, shareId, paths) => ({
      root: shared,
      files: paths.map((safePath) => located(peerId, shareId, safePath)),
      areSharedNow: () => Promise.resolve(paths.map((safePath) => located(peerId, shareId, safePath)?.isSharedNow?.() !== false)),
    }),
    settings: () => ({ uploadSlots: 4, friendsFirst: false }),
    isFriend: () => false,
    nameOf: (peerId) => peerId,
    rate: unlimited,
    givenOn: { mayPassOn: () => false, receiving: () => undefined, downloaded: () => undefined },
    onChange: () => undefined,
    ...more,
  });
  t.after(() => uploads.close());
  return uploads;
}

/** All bytes of a reply, copied as they come. */
export async function all(reply: Pick<ReadReply, 'bytes'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Descriptors of this process that are open below a folder (Linux tells). */
export function openBelow(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return []; // the descriptor of this very listing
    }
  });
}

/** Closes it; then nothing of the shared folder is open any more. */
export async function assertAllClosed(uploads: Uploads, folder: string): Promise<void> {
  await uploads.close();
  assert.deepEqual(openBelow(folder), []);
}

export function peer(name: string): PeerId {
  return name as PeerId;
}
