// Small files of one pack whose names this disk takes for one, in a folder where the plan could not know of it: as ext4 has it for each folder by
// itself. Here they have the same name, which is what such a disk makes of them. None is lost unless the person said so.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Settled } from '../../../../../src/sidecar/transfers/disk/diskCalls.ts';
import { temporaryFolder } from '../world.ts';
import { disk, signal } from './diskWorld.ts';

for (const isNew of [true, false])
  test(`twins of one pack are both kept, in ${isNew ? 'a new folder' : 'one that is there'}`, async (t) => {
    const base = temporaryFolder(t);
    const [shared, root] = [path.join(base, 'shared'), path.join(base, 'downloads')];
    const [top, partials] = [path.join(root, 'top'), path.join(root, '.potluck-partial', 'id')];
    for (const folder of [shared, top, ...(isNew ? [] : [path.join(top, 'd')])]) mkdirSync(folder, { recursive: true });
    const contents = ['one', 'two', 'three', 'four'];
    const files = contents.map((text) => {
      const absolutePath = path.join(shared, text);
      writeFileSync(absolutePath, text);
      return { absolutePath, sizeBytes: text.length };
    });
    const pack = await disk.readPack(shared, files, { signal });
    const run = await disk.openRun({ root, partials, top, conflict: 'keep-both', isOwnTop: true });
    const settled: Settled[] = [];
    run.listen({ settled: (group) => void settled.push(group), failed: (error) => assert.fail(error) });
    const relatives = contents.map(() => 'd/same.txt');
    await run.unpack({ indexes: Uint32Array.from(relatives.keys()), relatives }, [Uint8Array.from(pack.bytes)]);
    await run.flush();
    await run.close();
    const names = readdirSync(path.join(top, 'd'));
    assert.deepEqual(names.sort(), ['same (2).txt', 'same (3).txt', 'same (4).txt', 'same.txt']);
    assert.deepEqual(names.map((name) => readFileSync(path.join(top, 'd', name), 'utf8')).sort(), [...contents].sort());
    assert.equal(
      settled.reduce((sum, { placed }) => sum + placed.length, 0),
      contents.length,
    );
    assert.deepEqual(
      readdirSync(partials).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
