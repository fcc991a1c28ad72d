// What is on this machine already is not fetched again: through the real queue, disk worker and owner.

import assert from 'node:assert/strict';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { HeldContent } from '../../../../../src/sidecar/transfers/held/heldContent.ts';
import { LocalCopies } from '../../../../../src/sidecar/transfers/reuse/localCopies.ts';
import { content, owner, receiver, refTo, tampered, temporaryFolder } from '../world.ts';

const sizeBytes = 3 * 1024 * 1024 + 5;

/** A receiver that downloaded `first` and knows that `second` has the same content. */
async function downloadedOnce(t: TestContext) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(sizeBytes, 11);
  from.write('first.bin', bytes);
  from.write('second.bin', bytes, Date.UTC(2025, 1, 1));
  const reads: ReadRequest[] = [];
  const source = tampered(from.source, {
    read: (request, options) => {
      reads.push(request);
      return from.source.read(request, options);
    },
  });
  const known: { root?: Uint8Array; copies?: LocalCopies } = {};
  const to = await receiver(
    t,
    base,
    { ...from, source },
    {
      rootOf: () => Promise.resolve(known.root),
      reuse: (file, options) => known.copies?.copyInto(file, options) ?? Promise.resolve(false),
    },
  );
  const held = new HeldContent(to);
  held.open();
  known.copies = new LocalCopies({ ...to, held, cacheFolder: path.join(to.dataFolder, 'cache') });
  const first = await to.get('first.bin');
  assert.equal(first.state, 'done', JSON.stringify(first.failure));
  const contentId = to.history.list({ offset: 0, limit: 1 }).entries[0]?.contentId;
  assert.ok(contentId);
  const root = new Uint8Array(Buffer.from(contentId, 'hex'));
  const mtimeMs = Math.trunc(statSync(first.destination).mtimeMs);
  held.add({ entry: refTo('first.bin'), localPath: first.destination, root, sizeBytes, mtimeMs });
  await held.close();
  known.root = root;
  reads.length = 0;
  return { to, bytes, first, reads };
}

test('a content that was downloaded before is taken from there, and nothing of it is fetched', async (t) => {
  const { to, bytes, reads } = await downloadedOnce(t);
  const second = await to.get('second.bin');
  assert.equal(second.state, 'done', JSON.stringify(second.failure));
  assert.equal(reads.length, 0);
  assert.deepEqual([second.reusedBytes, second.doneBytes], [sizeBytes, sizeBytes]);
  assert.ok(readFileSync(second.destination).equals(bytes));
  assert.equal(Math.round(statSync(second.destination).mtimeMs), Date.UTC(2025, 1, 1));
  assert.equal(to.history.totals().downloadedBytes, sizeBytes, 'only the first came from a peer');
});

test('a copy that is not what it was believed to be is not trusted: the content is fetched', async (t) => {
  const { to, bytes, first, reads } = await downloadedOnce(t);
  const { mtimeMs } = statSync(first.destination);
  const wrong = Buffer.from(bytes);
  wrong[1_000_000] = (wrong[1_000_000] ?? 0) ^ 1;
  writeFileSync(first.destination, wrong);
  utimesSync(first.destination, mtimeMs / 1000, mtimeMs / 1000);
  const { ctimeNs, mtimeNs } = statSync(first.destination, { bigint: true });
  // As if the file system had noticed nothing.
  to.database.run('UPDATE heldContent SET stamp = :stamp', { stamp: BigInt.asIntN(64, mtimeNs * 31n + ctimeNs) });
  const second = await to.get('second.bin');
  assert.equal(second.state, 'done', JSON.stringify(second.failure));
  assert.ok(reads.length > 0);
  assert.equal(second.reusedBytes, 0);
  assert.ok(readFileSync(second.destination).equals(bytes));
});
