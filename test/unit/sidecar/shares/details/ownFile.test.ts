import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { lookAt } from '../../../../../src/sidecar/shares/details/ownFile.ts';
import { describe } from '../../../../../src/sidecar/shares/details/describeWorker.ts';

function place(t: TestContext): { root: string; outside: string } {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pl-own-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [root, outside] = [path.join(folder, 'share'), path.join(folder, 'outside')];
  mkdirSync(path.join(root, 'in'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(path.join(root, 'in', 'a.txt'), 'inside');
  writeFileSync(path.join(outside, 'a.txt'), 'secret');
  return { root, outside };
}

function stateOf(root: string, file: string): { path: string; sizeBytes: number; mtimeMs: number } {
  const { size, mtimeMs } = statSync(path.join(root, file));
  return { path: file, sizeBytes: size, mtimeMs: Math.floor(mtimeMs) };
}

const wanted = { isContentWanted: true };

test('a file is read as the index has it, and at most 4 KiB of it', (t) => {
  const { root } = place(t);
  const file = stateOf(root, 'in/a.txt');
  assert.equal(Buffer.from(lookAt(root, file, wanted)?.head ?? []).toString(), 'inside');
  writeFileSync(path.join(root, 'large'), Buffer.alloc(100_000, 1));
  assert.equal(lookAt(root, stateOf(root, 'large'), wanted)?.head?.length, 4096);
});

test('a file of another size or time, a folder, and one that is not there are not read', (t) => {
  const { root } = place(t);
  const file = stateOf(root, 'in/a.txt');
  for (const wrong of [
    { ...file, sizeBytes: file.sizeBytes + 1 },
    { ...file, mtimeMs: file.mtimeMs + 1 },
    { ...file, path: 'in' },
    { ...file, path: 'in/none' },
    { ...file, path: 'in/a.txt/below' },
  ])
    assert.equal(lookAt(root, wrong, wanted), undefined);
});

test('times are compared as the index has them, to the millisecond and before 1970', (t) => {
  const { root } = place(t);
  for (const seconds of [1_700_000_000.999_999_9, 0, -1.5, -1, 4_000_000_000.123_456]) {
    utimesSync(path.join(root, 'in', 'a.txt'), seconds, seconds);
    assert.ok(lookAt(root, stateOf(root, 'in/a.txt'), wanted), String(seconds));
  }
});

test('links are not followed: neither the file nor a folder on the way', { skip: process.platform === 'win32' }, (t) => {
  const { root, outside } = place(t);
  symlinkSync(path.join(outside, 'a.txt'), path.join(root, 'link.txt'));
  symlinkSync(outside, path.join(root, 'linked'));
  symlinkSync(path.join(root, 'in'), path.join(root, 'inner'));
  for (const file of ['link.txt', 'linked/a.txt', 'inner/a.txt'])
    for (const isContentWanted of [true, false])
      assert.equal(lookAt(root, stateOf(root, file), { isContentWanted }), undefined, file);
});

test('a pipe does not hang, and is not read', { skip: process.platform === 'win32' }, (t) => {
  const { root } = place(t);
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  assert.equal(lookAt(root, { path: 'pipe', sizeBytes: 0, mtimeMs: stateOf(root, 'pipe').mtimeMs }, wanted), undefined);
});

test(
  'a folder that is swapped for a link while the file is opened gives nothing away',
  { skip: process.platform === 'win32' },
  (t) => {
    const { root, outside } = place(t);
    const time = new Date(1_700_000_000_000);
    for (const folder of [path.join(root, 'in'), outside]) utimesSync(path.join(folder, 'a.txt'), time, time);
    const file = stateOf(root, 'in/a.txt');
    let reads = 0;
    // The swap happens after every check that comes before reading: what is read is still the file that was checked.
    const looked = lookAt(root, file, {
      isContentWanted: true,
      read: (fd, into) => {
        reads++;
        renameSync(path.join(root, 'in'), path.join(root, 'away'));
        symlinkSync(outside, path.join(root, 'in'));
        return readSync(fd, into);
      },
    });
    assert.equal(reads, 1);
    assert.equal(Buffer.from(looked?.head ?? []).toString(), 'inside');
    assert.equal(lookAt(root, file, wanted), undefined);
  },
);

test('without leave to look into files nothing is opened: only the state comes back', (t) => {
  const { root } = place(t);
  let reads = 0;
  const looked = lookAt(root, stateOf(root, 'in/a.txt'), { isContentWanted: false, read: () => reads++ });
  assert.equal(reads, 0);
  assert.equal(looked?.head, undefined);
  assert.equal(looked?.stamp.size, 6n);
  const { described } = describe({ root, files: [stateOf(root, 'in/a.txt')], isContentWanted: false });
  assert.deepEqual([described[0]?.mime, described[0]?.text], [undefined, undefined]);
});

test('a folder that is away is told; a file that is away is left out', (t) => {
  const { root } = place(t);
  const file = stateOf(root, 'in/a.txt');
  assert.equal(describe({ root: path.join(root, 'none'), files: [file], isContentWanted: true }).isRootGone, true);
  const { described, isRootGone } = describe({ root, files: [{ ...file, path: 'x' }, file], isContentWanted: true });
  assert.equal(isRootGone, false);
  assert.deepEqual(
    described.map((each) => each?.text),
    [undefined, 'inside'],
  );
});

test('a link in the place of the folder is not followed, whatever lies there', { skip: process.platform === 'win32' }, (t) => {
  const { root } = place(t);
  const file = stateOf(root, 'in/a.txt');
  renameSync(root, `${root} away`);
  symlinkSync(`${root} away`, root);
  assert.deepEqual(describe({ root, files: [file], isContentWanted: true }).described, []);
});
