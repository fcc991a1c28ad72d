// Disks that are really full, or really read-only, mounted for the test: what cannot be written is said, nothing is lost, and it goes on.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { assertSameTree, content, owner, receiver, temporaryFolder } from '../world.ts';

const large = content(6 * 1024 * 1024);
const isPossible = process.platform === 'linux' && process.getuid?.() === 0;
const skip = isPossible ? false : 'needs Linux and the right to mount a small disk';

/** A folder for everything, and in it `downloads` on a disk of 8 MiB. `undefined` where the system does not let us. */
function withSmallDisk(t: TestContext): string | undefined {
  const mounted: string[] = [];
  t.after(() => mounted.map((disk) => spawnSync('umount', ['-l', disk]))); // Before the folder is removed.
  const base = temporaryFolder(t);
  const downloads = path.join(base, 'downloads');
  mkdirSync(downloads);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', downloads]).status !== 0) return undefined;
  mounted.push(downloads);
  return base;
}

function remount(folder: string, mode: 'ro' | 'rw'): void {
  assert.equal(spawnSync('mount', ['-o', `remount,${mode}`, folder]).status, 0);
}

/** A large file, or many small ones that travel in packs: 6 MiB each. */
function fill(from: { write(name: string, bytes: Uint8Array): unknown }, what: 'file' | 'folder'): void {
  if (what === 'file') return void from.write('wanted', large);
  const size = transferLimits.packedFileBytes / 2;
  for (let at = 0; at * size < large.length; at++) from.write(`wanted/${at}`, large.subarray(at * size, (at + 1) * size));
}

function assertArrived(destination: string, what: 'file' | 'folder', wanted: string): void {
  if (what === 'file') assert.ok(readFileSync(destination).equals(large));
  else assertSameTree(destination, wanted);
}

for (const what of ['file', 'folder'] as const) {
  test(
    `a ${what} for a disk that is full: it is said, what was there is whole, and with room it goes on`,
    { skip },
    async (t) => {
      const base = withSmallDisk(t);
      if (base === undefined) return t.skip('a small disk cannot be mounted here');
      const from = owner(t, base);
      fill(from, what);
      const to = await receiver(t, base, from, { freeBytes: () => undefined });
      const [other, filler] = [path.join(to.folder, 'other'), path.join(to.folder, 'filler')];
      writeFileSync(other, 'not ours');
      writeFileSync(filler, content(4 * 1024 * 1024));
      const { downloadId, failure, state } = await to.get('wanted');
      assert.equal(state, 'failed');
      assert.equal(failure?.kind, 'disk-full', JSON.stringify(failure));
      assert.equal(readFileSync(other, 'utf8'), 'not ours');
      rmSync(filler);
      await to.downloads.retry(downloadId);
      const download = await to.ended(downloadId);
      assert.equal(download.state, 'done', download.failure?.message);
      assertArrived(download.destination, what, path.join(from.shared, 'wanted'));
      assert.deepEqual(readdirSync(to.folder).sort(), ['other', 'wanted']);
    },
  );

  test(`a ${what} for a disk that is read-only: it is said, and with the right to write it arrives`, { skip }, async (t) => {
    const base = withSmallDisk(t);
    if (base === undefined) return t.skip('a small disk cannot be mounted here');
    const from = owner(t, base);
    fill(from, what);
    const to = await receiver(t, base, from);
    remount(to.folder, 'ro');
    const { downloadId, failure, state } = await to.get('wanted');
    assert.equal(state, 'failed');
    assert.equal(failure?.kind, 'permission-denied', JSON.stringify(failure));
    assert.match(failure.message, /could not be written \(EROFS\)\. Check the folder, then retry\./);
    remount(to.folder, 'rw');
    await to.downloads.retry(downloadId);
    const download = await to.ended(downloadId);
    assert.equal(download.state, 'done', download.failure?.message);
    assertArrived(download.destination, what, path.join(from.shared, 'wanted'));
  });
}
