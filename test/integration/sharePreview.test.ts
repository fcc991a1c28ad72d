// What a person is told before a folder is shared, and that what it leaves out stays out, with real sidecars.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createWorld, indexed, listAll, seen, until, watched } from './world.ts';

const secret = `-----BEGIN RSA ${'PRIVATE'} KEY-----\nYWJj\n`;

function project(t: TestContext): string {
  const root = mkdtempSync(path.join(tmpdir(), 'potluck-project-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries({
    'readme.md': 'hello',
    'src/deploy.sh': `#!/bin/sh\n# ${secret}`,
    'src/example.md': `an example: ${secret}`,
    'build/out.bin': 'x',
    '.env': 'A=b',
    '.gitignore': 'build/\n',
  })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

test('what looks secret is named before, stays out when it is left out, and goes when it was chosen', async (t) => {
  const root = project(t);
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'preview party' });
  await seen(ben, ann);

  const preview = await ann.client.request('shares/preview', { path: root });
  assert.deepEqual(
    preview.secrets.suspects.map(({ path: file, kinds }) => [file, ...kinds]),
    [
      ['src/deploy.sh', 'private-key'],
      ['src/example.md', 'private-key'],
    ],
  );
  assert.deepEqual(preview.skipped, [
    { path: '.env', reason: 'secret', rule: 'environment file' },
    { path: 'build', reason: 'ignored', rule: 'build/' },
  ]);
  assert.deepEqual(preview.folders, [{ path: 'src', fileCount: 2, totalBytes: preview.totalBytes - 5 - 7 }]);

  const share = await ann.client.request('shares/add', { path: root, title: 'Project', leaveOut: ['src/deploy.sh'] });
  await indexed(ben, ann, 'Project');
  await watched(ann, share.shareId);
  const listed = await listAll(ben.client, { peerId: ann.client.peerId, shareId: share.shareId, path: '' });
  assert.deepEqual([...listed.keys()].sort(), ['.gitignore', 'readme.md', 'src', 'src/example.md']);
  assert.match(readFileSync(path.join(root, '.potluckignore'), 'utf8'), /^\/src\/deploy\.sh$/m);

  const ask = ['', 'readme.md', 'src/deploy.sh', '.env', 'build/out.bin', '..'].map((name) => path.join(root, name));
  const marks = await ann.client.request('shares/marks', { paths: ask });
  assert.deepEqual(
    marks.map(({ state }) => state),
    ['root', 'shared', 'excluded', 'excluded', 'excluded', 'none'],
  );
});

test('what comes into a share later and looks secret is told by the row of the share, until it goes', async (t) => {
  const root = project(t);
  const world = await createWorld(t);
  const { client } = await world.peer('ann');
  const knownSecrets = ['src/deploy.sh', 'src/example.md'];
  const share = await client.request('shares/add', { path: root, leaveOut: ['src/deploy.sh'], knownSecrets });
  const late = async () => (await client.request('shares/list', {}))[0]?.lateSecrets?.suspects.map((each) => each.path);
  const following = async () => (await client.request('shares/list', {}))[0]?.state === 'watching';
  await until(client, ['shares/changed'], following, { what: 'the folder is followed' });
  assert.equal(await late(), undefined, 'what was shared from the start was asked about');
  writeFileSync(path.join(root, 'src', 'late.txt'), secret);
  await client.request('shares/rescan', { shareId: share.shareId });
  await until(client, ['shares/changed'], async () => (await late())?.join() === 'src/late.txt', { what: 'it is told' });
  rmSync(path.join(root, 'src', 'late.txt'));
  await client.request('shares/rescan', { shareId: share.shareId });
  await until(client, ['shares/changed'], async () => (await late()) === undefined, { what: 'it is forgotten' });
});

test('nothing is shared when a secret came after the preview, or what is to be left out is not there', async (t) => {
  const root = project(t);
  const world = await createWorld(t);
  const { client } = await world.peer('ann');
  const { secrets } = await client.request('shares/preview', { path: root });
  const knownSecrets = secrets.suspects.map((each) => each.path);
  writeFileSync(path.join(root, 'came.txt'), secret);
  const leaveOut = ['src/deploy.sh'];
  await assert.rejects(client.request('shares/add', { path: root, leaveOut, knownSecrets }), { kind: 'changed' });
  await assert.rejects(client.request('shares/add', { path: root, leaveOut: ['src/deploy'] }), { kind: 'not-found' });
  assert.deepEqual(await client.request('shares/list', {}), []);
  assert.ok(!existsSync(path.join(root, '.potluckignore')));
});

test('nothing is shared when what is to be left out cannot be written down', { skip: process.getuid?.() === 0 }, async (t) => {
  const root = project(t);
  const world = await createWorld(t);
  const ann = await world.peer('ann');
  chmodSync(root, 0o555);
  t.after(() => chmodSync(root, 0o755));
  await assert.rejects(ann.client.request('shares/add', { path: root, leaveOut: ['src/deploy.sh'] }), {
    kind: 'permission-denied',
  });
  assert.deepEqual(await ann.client.request('shares/list', {}), []);
});

test('odd arguments are refused, and share nothing', async (t) => {
  const root = project(t);
  const world = await createWorld(t);
  const { client } = await world.peer('ann');
  const odd: unknown[] = ['src', ['../outside'], ['/absolute'], [''], [7], Array.from({ length: 1001 }, () => 'a')];
  for (const paths of odd as string[][])
    for (const more of [{ leaveOut: paths }, { knownSecrets: paths }])
      await assert.rejects(client.request('shares/add', { path: root, ...more }), { kind: 'invalid-argument' });
  for (const paths of ['x', ['relative'], [7], Array.from({ length: 1001 }, () => '/a')] as unknown[])
    await assert.rejects(client.request('shares/marks', { paths: paths as string[] }), { kind: 'invalid-argument' });
  assert.deepEqual(await client.request('shares/list', {}), []);
});
