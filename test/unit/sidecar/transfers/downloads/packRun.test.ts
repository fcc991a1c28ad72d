// Small files by packs to their final names, through the real disk worker: right bytes or a named failure, whatever the source sends and
// whatever happens to the folders meanwhile; and after a crash nothing wrong under a final name, little fetched twice.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { Database } from '../../../../../src/sidecar/storage/database.ts';
import { packsOf } from '../../../../../src/sidecar/transfers/downloads/packRun.ts';
import type { PlannedFile } from '../../../../../src/sidecar/transfers/downloads/plan.ts';
import { parseSafePath } from '../../../../../src/sidecar/storage/safePath.ts';
import { disk } from '../disk/diskWorld.ts';
import { content, random, temporaryFolder } from '../world.ts';
import { attempt, contents, listed, newCounted, type PackHooks, packSource } from './packWorld.ts';

const mtimeMs = Date.UTC(2024, 1, 3);

/** In memory where the system has such a place: what is tested is not how fast a disk flushes. */
function quickFolder(t: TestContext): string {
  if (!existsSync('/dev/shm')) return temporaryFolder(t);
  const folder = mkdtempSync('/dev/shm/potluck-packs-');
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A share with `count` small files in folders of 20. */
function world(t: TestContext, count: number, hooks: PackHooks = {}, base = quickFolder(t)) {
  const [shared, folder] = [path.join(base, 'shared'), path.join(base, 'downloads')];
  for (const made of [shared, folder]) mkdirSync(made);
  const write = (name: string, bytes: Uint8Array | string) => {
    const file = path.join(shared, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    utimesSync(file, mtimeMs / 1000, mtimeMs / 1000);
  };
  const { below } = random(11);
  for (let i = 0; i < count; i++) write(`d${Math.floor(i / 20)}/f${i}`, content(below(6000), i));
  const { source, given } = packSource(shared, disk, hooks);
  return { base, shared, folder, write, given, source, world: { shared, source, disk, dataFolder: path.join(base, 'data') } };
}

test('a tree of small files arrives in packs, with times, and nothing else is left', async (t) => {
  const { shared, folder, write, given, world: parts } = world(t, 400, {}, temporaryFolder(t));
  write('top.txt', 'at the top');
  write('d3/inner/deep.txt', content(transferLimits.packedFileBytes, 1));
  write('d3/empty', '');
  mkdirSync(path.join(shared, 'bare', 'inside'), { recursive: true });
  const record = newCounted(folder);
  const { failedFiles, placed } = await attempt({ ...parts, record });
  assert.equal(failedFiles, 0);
  assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
  assert.ok(existsSync(path.join(folder, 'things', 'bare', 'inside')));
  assert.ok(given.packs < 12, `${given.packs} packs`);
  assert.deepEqual([record.doneFiles, record.totalFiles, record.doneBytes], [403, 403, record.totalBytes]);
  assert.equal(placed.length, 403);
  for (const file of placed) assert.equal(lstatSync(file.target).mtimeMs, mtimeMs);
  assert.deepEqual(readdirSync(folder), ['things']);
});

test('where sizes are a promise, files of a pack that are larger are not kept', async (t) => {
  const { shared, folder, world: parts } = world(t, 60);
  const files = listed(shared).map(({ path: name, entry }) => {
    const isLie = entry.kind === 'file' && name.endsWith('7');
    return { path: name, entry: { ...entry, sizeBytes: isLie ? 0 : entry.sizeBytes } };
  });
  const lies = files.filter(({ entry, path: name }) => entry.kind === 'file' && name.endsWith('7'));
  const record = newCounted(folder);
  const { failedFiles, placed } = await attempt(
    { ...parts, record },
    { isBounded: true, catalog: { stat: () => undefined, titleOf: () => 'things', files: () => files } },
  );
  assert.equal(failedFiles, lies.length);
  assert.equal(placed.length, 60 - lies.length);
  assert.ok(placed.every((file) => !file.path.endsWith('7')));
});

test('packs hold files in their order, within all their limits', () => {
  const files = Array.from({ length: 3000 }, (_, i): PlannedFile => {
    const name = `${'x'.repeat(i % 3 === 0 ? 800 : 20)}/${i}`;
    return {
      path: parseSafePath(name.slice(-255 * 3).replaceAll(/x{200}/g, '$&/')),
      relative: name,
      sizeBytes: (i * 7919) % 3000,
      mtimeMs,
    };
  });
  const packs = [
    ...packsOf(
      files,
      files.map((_, i) => i),
    ),
  ];
  assert.deepEqual(
    packs.flat(),
    files.map((_, i) => i),
  );
  for (const pack of packs) {
    const of = pack.map((index) => files[index] ?? assert.fail());
    assert.ok(of.length <= transferLimits.packFiles);
    assert.ok(of.reduce((sum, file) => sum + file.sizeBytes, 0) <= transferLimits.packBytes);
    assert.ok(of.reduce((sum, file) => sum + Buffer.byteLength(file.path), 0) <= transferLimits.packPathBytes);
  }
});

test('a flipped bit in a pack is found; the file is named as failed and not placed', async (t) => {
  const {
    shared,
    folder,
    world: parts,
  } = world(t, 60, {
    bytes: (pack) => {
      const bytes = Buffer.from(pack.bytes);
      const file = pack.files.find((one) => !('refused' in one) && one.sizeBytes > 100);
      if (file && !('refused' in file)) bytes[file.at + 50] = (bytes[file.at + 50] ?? 0) ^ 1;
      return bytes;
    },
  });
  const record = newCounted(folder);
  const { failedFiles } = await attempt({ ...parts, record });
  assert.ok(failedFiles >= 1);
  const [have, want] = [contents(path.join(folder, 'things')), contents(shared)];
  assert.equal(have.size, want.size - failedFiles);
  for (const [name, bytes] of have) assert.deepEqual(bytes, want.get(name));
  assert.equal(record.failedFiles.length, failedFiles);
});

test('what is no pack ends the download with a protocol failure, and nothing of it is placed', async (t) => {
  for (const lie of [
    (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
    (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]),
    (bytes: Buffer) => (bytes.writeUInt32LE(0x7fffffff, 1), bytes),
    () => Buffer.alloc(0),
    () => content(200_000, 4),
  ]) {
    const { folder, world: parts } = world(t, 30, { bytes: (pack) => lie(Buffer.from(pack.bytes)) });
    await assert.rejects(attempt({ ...parts, record: newCounted(folder) }), { kind: 'protocol' });
    assert.equal(contents(path.join(folder, 'things')).size, 0);
  }
});

test('a pack larger than any may be is not taken', async (t) => {
  const { folder, world: parts } = world(t, 30, { bytes: () => Buffer.alloc(transferLimits.packWireBytes + 1) });
  await assert.rejects(attempt({ ...parts, record: newCounted(folder) }), { kind: 'verification-failed' });
});

test('files that were removed at their owner are named, the others arrive; a retry fetches only those', async (t) => {
  const {
    shared,
    folder,
    write,
    given,
    world: parts,
  } = world(t, 60, {
    before: () => rmSync(path.join(shared, 'd1/f25'), { force: true }),
  });
  const record = newCounted(folder);
  const missing = readFileSync(path.join(shared, 'd1/f25'));
  assert.equal((await attempt({ ...parts, record })).failedFiles, 1);
  assert.equal(record.failedFiles[0]?.path, 'd1/f25');
  write('d1/f25', missing);
  given.paths.length = 0;
  const again = packSource(shared, disk);
  assert.equal((await attempt({ ...parts, source: again.source, record })).failedFiles, 0);
  assert.deepEqual(again.given.paths, ['d1/f25']);
  assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
});

test('a link that breaks between packs costs only the packs under way', async (t) => {
  let breaks = 2;
  const {
    shared,
    folder,
    given,
    world: parts,
  } = world(t, 800, {
    before: () => {
      if (given.packs > 2 && breaks-- > 0) throw new AppError('unavailable', 'The link broke.');
    },
  });
  await attempt({ ...parts, record: newCounted(folder) });
  assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
});

test('a peer that goes away leaves what is verified in its place; the next attempt fetches the rest', async (t) => {
  let isAway = false;
  const {
    shared,
    folder,
    given,
    world: parts,
  } = world(t, 1200, {
    before: () => {
      if (given.packs > 3) isAway = true;
      if (isAway) throw new AppError('unavailable', 'Gone.');
    },
  });
  const record = newCounted(folder);
  await assert.rejects(attempt({ ...parts, record }), { kind: 'unavailable' });
  const kept = contents(path.join(folder, 'things')).size;
  assert.ok(kept > 0);
  const again = packSource(shared, disk);
  await attempt({ ...parts, source: again.source, record });
  assert.equal(again.given.paths.length, 1200 - kept);
  assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
});

test('names that are taken: kept both, skipped, or overwritten, as was said; never a folder, never through a link', async (t) => {
  const { base, shared, folder, world: parts } = world(t, 40);
  const top = path.join(folder, 'things');
  const prepare = () => {
    rmSync(top, { recursive: true, force: true });
    mkdirSync(path.join(top, 'd0', 'f3'), { recursive: true });
    writeFileSync(path.join(top, 'd0', 'f1'), 'mine');
    writeFileSync(path.join(base, 'victim'), 'precious');
    symlinkSync(path.join(base, 'victim'), path.join(top, 'd0', 'f2'));
  };
  prepare();
  const both = newCounted(folder);
  await attempt({ ...parts, record: both });
  assert.equal(both.destination, path.join(folder, 'things (2)'));
  assert.deepEqual(contents(both.destination), contents(shared));

  const skip = newCounted(folder);
  await attempt({ ...parts, record: skip }, { conflict: 'skip' });
  assert.equal(skip.skippedFiles, 3);
  assert.equal(readFileSync(path.join(top, 'd0', 'f1'), 'utf8'), 'mine');
  assert.equal(contents(top).size, 38, 'one of them mine; a link and a folder besides');
  assert.equal(skip.doneFiles, 40);

  prepare();
  const overwrite = newCounted(folder);
  assert.equal((await attempt({ ...parts, record: overwrite }, { conflict: 'overwrite' })).failedFiles, 2);
  assert.deepEqual(overwrite.failedFiles.map(({ path: name }) => name).sort(), ['d0/f2', 'd0/f3']);
  assert.deepEqual(readFileSync(path.join(top, 'd0', 'f1')), readFileSync(path.join(shared, 'd0', 'f1')));
  assert.equal(readFileSync(path.join(base, 'victim'), 'utf8'), 'precious');
  assert.ok(lstatSync(path.join(top, 'd0', 'f2')).isSymbolicLink());

  rmSync(top, { recursive: true });
  symlinkSync(base, top);
  await assert.rejects(attempt({ ...parts, record: newCounted(folder) }, { conflict: 'overwrite' }), { kind: 'already-exists' });
});

test('two downloads of one folder at once come to two folders', async (t) => {
  const { shared, folder, world: parts } = world(t, 200);
  const records = [newCounted(folder), newCounted(folder)];
  await Promise.all(records.map((record, i) => attempt({ ...parts, dataFolder: `${parts.dataFolder}${i}`, record })));
  assert.deepEqual(records.map(({ destination }) => path.basename(destination)).sort(), ['things', 'things (2)']);
  for (const { destination } of records) assert.deepEqual(contents(destination), contents(shared));
});

test('a target folder that is swapped for a link leads nothing outside', { skip: process.platform === 'win32' }, async (t) => {
  const outside = path.join(temporaryFolder(t), 'outside');
  mkdirSync(outside);
  const {
    folder,
    given,
    world: parts,
  } = world(t, 1200, {
    before: () => {
      if (given.packs !== 2) return;
      const top = path.join(folder, 'things');
      for (const name of ['d1', 'd30', 'd59']) {
        if (existsSync(path.join(top, name))) renameSync(path.join(top, name), path.join(folder, `old ${name}`));
        symlinkSync(outside, path.join(top, name));
      }
    },
  });
  const record = newCounted(folder);
  const { failedFiles } = await attempt({ ...parts, record });
  assert.ok(failedFiles > 0 && failedFiles <= 60, `${failedFiles}`);
  assert.deepEqual(readdirSync(outside), []);
});

test(
  'temporary files that are edited, removed or replaced by links never get a final name',
  { skip: process.platform === 'win32' },
  async (t) => {
    const outside = path.join(temporaryFolder(t), 'precious');
    writeFileSync(outside, 'precious');
    const touched = new Set<string>();
    const {
      shared,
      folder,
      given,
      world: parts,
    } = world(t, 3000, {
      before: () => {
        if (given.packs < 7) return;
        const partials = path.join(folder, '.potluck-partial');
        for (const name of readdirSync(partials, { recursive: true, encoding: 'utf8' })) {
          const file = path.join(partials, name);
          if (!name.includes('.tmp') || touched.size >= 9 || !lstatSync(file).isFile()) continue;
          const how = touched.size % 3;
          touched.add(name);
          if (how === 0) writeFileSync(file, 'edited');
          else unlinkSync(file);
          if (how === 2) symlinkSync(outside, file);
        }
      },
    });
    const record = newCounted(folder);
    await attempt({ ...parts, record });
    assert.ok(touched.size > 0);
    const want = contents(shared);
    for (const [name, bytes] of contents(path.join(folder, 'things'))) assert.deepEqual(bytes, want.get(name), name);
    assert.equal(readFileSync(outside, 'utf8'), 'precious');
  },
);

test(
  'a folder that nobody may write to is a clear failure',
  { skip: process.platform === 'win32' || process.getuid?.() === 0 },
  async (t) => {
    const { folder, world: parts } = world(t, 10);
    const { chmodSync } = await import('node:fs');
    chmodSync(folder, 0o500);
    t.after(() => chmodSync(folder, 0o700));
    await assert.rejects(attempt({ ...parts, record: newCounted(folder) }), { kind: 'permission-denied' });
  },
);

test('a share that is not known just now is no empty folder', async (t) => {
  const { folder, world: parts } = world(t, 0);
  const catalog = { stat: () => undefined, titleOf: () => undefined, files: () => [] };
  await assert.rejects(attempt({ ...parts, record: newCounted(folder) }, { catalog }), { kind: 'not-found' });
});

test('a stopped download keeps what is verified', async (t) => {
  const stop = new AbortController();
  const { shared, folder, given, world: parts } = world(t, 3000, { before: () => void (given.packs > 7 && stop.abort()) });
  const record = newCounted(folder);
  await assert.rejects(attempt({ ...parts, record }, { signal: stop.signal }), { kind: 'cancelled' });
  const again = packSource(shared, disk);
  await attempt({ ...parts, source: again.source, record });
  assert.ok(again.given.paths.length < 3000);
  assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
});

const child = path.join(import.meta.dirname, 'packChild.ts');

test('killed at any point, a download goes on: right bytes, no wrong one under a final name, little fetched twice', async (t) => {
  const seed = Date.now() % 1_000_000;
  const { below } = random(seed);
  const { shared, folder, base, world: parts } = world(t, 3000);
  const record = newCounted(folder);
  const want = contents(shared);
  let given = 0;
  for (let kill = 0; kill < 3; kill++) {
    const run = spawn(
      process.execPath,
      [child, shared, folder, path.join(base, `child${kill}`), record.downloadId, record.destination],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exit = once(run, 'exit');
    const after = below(8);
    let packs = 0;
    for await (const line of createInterface(run.stdout)) {
      const [word, what = ''] = line.split(' ');
      if (word === 'claimed') record.destination = path.join(folder, path.basename(realpathSync(what)));
      if (word === 'pack') given += Number(what);
      if (word === 'pack' && packs++ === after) run.kill('SIGKILL');
    }
    await exit;
    if (record.destination === '') continue;
    for (const [name, bytes] of contents(record.destination)) assert.deepEqual(bytes, want.get(name), `${name}, seed ${seed}`);
  }
  const last = packSource(shared, disk);
  await attempt({ ...parts, source: last.source, record });
  assert.deepEqual(contents(record.destination), want, `seed ${seed}`);
  assert.deepEqual(readdirSync(folder), ['things'], `seed ${seed}`);
  t.diagnostic(`${given + last.given.paths.length} files given for ${want.size}`);
});

test(
  'a disk that is full in the middle of a pack is said so, and after that it goes on',
  { skip: process.platform === 'win32' },
  async (t) => {
    const { shared, folder, base, world: parts, write } = world(t, 100);
    write('d9/large', content(transferLimits.packedFileBytes, 5));
    const record = newCounted(folder);
    const dataFolder = path.join(base, 'child');
    mkdirSync(dataFolder);
    const command = `trap '' XFSZ; ulimit -f 200; exec "$0" "$@"`;
    new Database(dataFolder).close();
    const limited = spawn('sh', ['-c', command, process.execPath, child, shared, folder, dataFolder, record.downloadId, ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    for await (const line of createInterface(limited.stdout)) lines.push(line);
    assert.ok(lines.includes('failed disk-full'), lines.join(', '));
    record.destination = existsSync(path.join(folder, 'things')) ? path.join(folder, 'things') : '';
    await attempt({ ...parts, record });
    assert.deepEqual(contents(path.join(folder, 'things')), contents(shared));
  },
);
