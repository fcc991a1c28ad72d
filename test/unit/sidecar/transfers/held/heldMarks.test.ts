import assert from 'node:assert/strict';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Entry, EntryRef } from '../../../../../src/protocol/model.ts';
import { HeldContent } from '../../../../../src/sidecar/transfers/held/heldContent.ts';
import { heldMarks } from '../../../../../src/sidecar/transfers/held/heldMarks.ts';
import { node, refTo, temporaryFolder } from '../world.ts';

const mtimeMs = Date.UTC(2024, 1, 3) + 0.75;

/** Files that were downloaded, and what their owner lists of them now. */
function scene(t: TestContext) {
  const base = temporaryFolder(t);
  const held = new HeldContent({ ...node(t, path.join(base, 'data')), limit: 1000 });
  held.open();
  const listed = new Map<string, Entry>();
  const catalog = { stat: (ref: EntryRef) => listed.get(ref.path) };
  const placed = (name: string, change: Partial<Entry> = {}, { ownersMs = mtimeMs, hereMs = mtimeMs } = {}): string => {
    const localPath = path.join(base, name);
    writeFileSync(localPath, 'content');
    utimesSync(localPath, hereMs / 1000, hereMs / 1000);
    held.add({ entry: refTo(name), localPath, root: Buffer.alloc(32, 3), sizeBytes: 7, mtimeMs: ownersMs });
    listed.set(name, { name, kind: 'file', sizeBytes: 7, mtimeMs: ownersMs, ...change });
    return localPath;
  };
  const states = async (...names: string[]) => (await heldMarks(names.map(refTo), { held, catalog })).map(({ state }) => state);
  return { held, listed, placed, states };
}

test('a file is verified while it stands and its owner lists it so; stale when the owner lists another state of it', async (t) => {
  const { held, listed, placed, states } = scene(t);
  placed('same');
  placed('longer', { sizeBytes: 8 });
  placed('older', { mtimeMs: mtimeMs - 60_000 });
  placed('folder', { kind: 'folder', sizeBytes: 0 });
  placed('unlisted');
  listed.delete('unlisted');
  listed.set('added', { name: 'added', kind: 'file', sizeBytes: 7, mtimeMs: 5 });
  const names = ['same', 'longer', 'older', 'folder', 'unlisted', 'added'];
  const expected = ['verified', 'stale', 'stale', 'stale', 'verified', 'none'];
  assert.deepEqual(await states(...names), expected);
  await held.close(); // written down
  held.open();
  assert.deepEqual(await states(...names), expected);
  await held.close();
});

test('a file on a disk with coarse times is verified, in seconds, even seconds and hundredths; any other time is stale', async (t) => {
  const { held, listed, placed, states } = scene(t);
  // The owner's is 1.75 s past an even second.
  const ownersMs = Date.UTC(2024, 1, 3) + 1757;
  const keptMs = { even: ownersMs - 1757, second: ownersMs - 757, hundredth: ownersMs - 7, fine: ownersMs };
  for (const [name, hereMs] of Object.entries(keptMs)) placed(name, {}, { ownersMs, hereMs });
  await held.close();
  held.open();
  const each = (apartMs: number) => {
    for (const [name, hereMs] of Object.entries(keptMs))
      listed.set(name, { name, kind: 'file', sizeBytes: 7, mtimeMs: hereMs + apartMs });
    return states(...Object.keys(keptMs));
  };
  assert.deepEqual(await each(0), ['verified', 'verified', 'verified', 'verified']);
  assert.deepEqual(await each(9), ['verified', 'verified', 'verified', 'stale']);
  assert.deepEqual(await each(999), ['verified', 'verified', 'stale', 'stale']);
  assert.deepEqual(await each(-1999), ['verified', 'stale', 'stale', 'stale']);
  assert.deepEqual(await each(2001), ['stale', 'stale', 'stale', 'stale']);
  await held.close();
});

test('a file that was changed here bears no mark; the others say where they lie', async (t) => {
  const { held, placed, states } = scene(t);
  const edited = placed('edited');
  const kept = placed('kept');
  await held.close();
  held.open();
  appendFileSync(edited, '!');
  assert.deepEqual(await states('edited', 'kept'), ['none', 'verified']);
  const catalog = { stat: () => undefined };
  assert.deepEqual(await heldMarks([refTo('kept')], { held, catalog }), [{ state: 'verified', localPath: kept }]);
  await held.close();
});
