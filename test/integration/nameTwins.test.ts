// Names that the receiver's disk takes for one although their owner's does not: both are kept, or nothing is written and it is said why.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { nodeOnFoldingDisk, type Folds } from './foldingDisk.ts';
import { assertBytes, done, put, visible, when } from './transferScene.ts';
import { createWorld, indexed } from './world.ts';

const skip = process.platform === 'linux' ? false : 'the disk here may be such a one itself';
const twinsOf: Record<Folds, [string, string]> = {
  'case and spelling': ['README.md', 'readme.md'],
  spelling: ['caf\u00e9.md', 'cafe\u0301.md'],
};

for (const [folds, twins] of Object.entries(twinsOf) as [Folds, [string, string]][])
  for (const sizeBytes of [500, 400_000])
    test(`twins of ${sizeBytes} bytes on a disk that does not tell ${folds} apart`, { skip }, async (t) => {
      const world = await createWorld(t);
      const { execPath, folder } = nodeOnFoldingDisk(world, folds);
      const [ann, ben] = [await world.peer('ann'), await world.peer('ben', { execPath })];
      for (const { client } of [ann, ben]) await client.request('parties/join', { name: 'party of twins' });
      const files = Object.fromEntries([...twins, 'a', 'b', 'c'].map((name) => [`sub/${name}`, randomBytes(sizeBytes)] as const));
      const { root } = await put(world, ann, 'Twins', files);
      await indexed(ben, ann, 'Twins');
      const get = (name: string, into = folder) =>
        ben.client.request('downloads/add', { entry: { ...root, path: name }, folder: into });

      await t.test('in one folder: it is refused, both are named, nothing is written', async () => {
        const download = await get('sub');
        const { state, failure } = await when(ben, download, (each) => ['done', 'failed'].includes(each.state), { what: 'ends' });
        assert.deepEqual([state, failure?.kind], ['failed', 'invalid-argument']);
        for (const name of twins) assert.ok(failure?.message.includes(JSON.stringify(name)), failure?.message);
        assert.match(failure?.message ?? '', /same name on this disk.*Nothing was written/);
        assert.deepEqual(visible(ben, folder), []);
      });

      await t.test('one by one, at the same time: both are kept', async () => {
        const downloads = await Promise.all(twins.map((name) => get(`sub/${name}`)));
        const ends = await Promise.all(downloads.map((download) => done(ben, download)));
        const names = ends.map(({ destination }) => path.basename(destination));
        assert.equal(names.filter((name) => name.includes(' (2)')).length, 1, names.join());
        for (const [at, { destination }] of ends.entries()) assertBytes(destination, files[`sub/${twins[at]}`] ?? randomBytes(1));
        assert.equal(visible(ben, folder).length, 2);
        for (const name of visible(ben, folder)) rmSync(path.join(folder, name));
      });

      await t.test('beside a file of the person’s own: that one stays what it is', async () => {
        const [own, other] = twins;
        writeFileSync(path.join(folder, own), 'precious');
        const end = await done(ben, await get(`sub/${other}`));
        assert.match(path.basename(end.destination), / \(2\)\.md$/);
        assertBytes(path.join(folder, own), Buffer.from('precious'));
        assertBytes(end.destination, files[`sub/${other}`] ?? randomBytes(1));
        for (const name of visible(ben, folder)) rmSync(path.join(folder, name));
      });
    });
