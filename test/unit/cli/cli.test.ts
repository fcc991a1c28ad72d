import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { commands } from '../../../src/cli/commands/all.ts';
import { AppError, type ErrorKind, rpcCodeOf } from '../../../src/protocol/errors.ts';
import { exitCodeOf } from '../../../src/cli/exitCodes.ts';
import { readFileSync } from 'node:fs';
import { catalogShare, createCli, ownId, peer, peerId, shareId, someSettings } from './world.ts';

const ann = peerId('annaann');

test('every command has help, and docs/cli.md lists it', async (t) => {
  const cli = await createCli(t, {});
  const overview = (await cli.run(['help'])).text;
  const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  for (const { name, alias, usage } of commands) {
    if (alias !== undefined) assert.match((await cli.run(['help', alias])).text, new RegExp(`^Usage: potluck ${name}`), alias);
    assert.ok(overview.includes(`  ${usage}`), `the list has ${name}`);
    assert.ok(docs.includes(`\`${usage}\``), `docs/cli.md has ${usage}`);
    const words = name.split(' ');
    for (const args of [
      ['help', ...words],
      [...words, '--help'],
      ['-h', ...words],
    ])
      if (name !== 'help') assert.match((await cli.run(args)).text, new RegExp(`^Usage: potluck ${name}`), args.join(' '));
  }
  assert.match((await cli.run([])).text, /^Potluck/);
  assert.match((await cli.run(['help', 'exit-codes'])).text, /130 {2}interrupted/);
  assert.match((await cli.run(['--version'])).text, /^\d+\.\d+\.\d+/);
  assert.match((await cli.run(['stauts'])).errors, /no command "stauts"/);
});

test('every kind of failure ends with its exit code, its message, and JSON when asked', async (t) => {
  let kind: ErrorKind = 'internal';
  const cli = await createCli(t, {
    'peers/list': () => {
      throw new AppError(kind, `Thing \u001b[31m failed.`, { data: { path: 'x' } });
    },
  });
  for (kind of Object.keys(rpcCodeOf) as ErrorKind[]) {
    const plain = await cli.run(['peers']);
    assert.equal(plain.code, exitCodeOf[kind], kind);
    assert.equal(plain.errors, kind === 'cancelled' ? '' : 'potluck: Thing \\x1b[31m failed.\n');
    const json = await cli.run(['peers', '--json']);
    assert.equal(json.code, exitCodeOf[kind], kind);
    assert.deepEqual(JSON.parse(json.errors), { error: { kind, message: 'Thing \u001b[31m failed.', data: { path: 'x' } } });
  }
});

test('tables are aligned, safe, coloured on a terminal and never with NO_COLOR', async (t) => {
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { nickname: '你好' }), peer(peerId('bobb'), { nickname: 'x\u001b[2J\nroot' })],
  });
  const plain = await cli.run(['peers']);
  assert.equal(
    plain.text,
    [
      'PEER            STATE   SHARES  FILES    SIZE  KEY',
      '你好            online       1      2  2.9 KB  annaanny',
      'x\\x1b[2J\\nroot  online       1      2  2.9 KB  bobbyyyy',
      '',
    ].join('\n'),
  );
  const coloured = await cli.run(['peers'], { isTty: true });
  assert.match(coloured.text, /\u001b\[32monline\u001b\[39m/);
  assert.equal(coloured.text.replace(/\u001b\[\d+m/g, ''), plain.text);
  assert.equal((await cli.run(['peers'], { isTty: true, env: { NO_COLOR: '1' } })).text, plain.text);
});

test('a reader that goes away ends the output without an error', async (t) => {
  const cli = await createCli(t, {
    'catalog/shares': () => [catalogShare(ownId, shareId('photo'), 'Photos')],
    'catalog/list': (fields) => ({
      entries: Array.from({ length: 5000 }, (_, at) => ({
        name: `${String(fields['offset'])}-${at}`,
        kind: 'file' as const,
        sizeBytes: 0,
        mtimeMs: 0,
      })),
      total: Number.MAX_SAFE_INTEGER,
    }),
  });
  const stdout = new PassThrough();
  stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
  const run = await cli.run(['ls', 'me/Photos'], { stdout });
  assert.equal(run.code, 0);
  assert.equal(run.errors, '');
});

test('Ctrl-C ends a request that is under way', async (t) => {
  const abort = new AbortController();
  const cli = await createCli(t, {
    'peers/list': (_fields, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Cancelled.')), { once: true });
        abort.abort();
      }),
  });
  assert.equal((await cli.run(['peers'], { signal: abort.signal })).code, 130);
});

test('--timeout ends a wait with exit code 4', async (t) => {
  const cli = await createCli(t, { 'peers/list': () => new Promise(() => undefined) });
  const run = await cli.run(['peers', '--timeout', '0.05']);
  assert.equal(run.code, 4);
  assert.match(run.errors, /did not answer peers\/list/);
});

test('--quiet says nothing but results', async (t) => {
  const party = {
    partyId: peerId('party') as never,
    name: 'techno',
    state: 'joining' as const,
    joinedAtMs: 0,
    peersOnline: 0,
    isPublic: true,
  };
  const cli = await createCli(t, { 'parties/join': () => party, 'parties/create': () => party, 'parties/list': () => [] });
  assert.deepEqual(await cli.run(['join', 'techno', '-q']), { code: 0, text: '', errors: '' });
  assert.deepEqual(await cli.run(['create', '-q']), { code: 0, text: 'techno\n', errors: '' });
  assert.deepEqual(await cli.run(['parties', '-q']), { code: 0, text: '', errors: '' });
});

test('settings are checked and turned into what the sidecar keeps', async (t) => {
  const cli = await createCli(t, { 'settings/set': () => someSettings });
  const table: [string, string, object][] = [
    ['nickname', 'Ann', { nickname: 'Ann' }],
    ['bootstrap', 'a:1, b:2,', { bootstrap: ['a:1', 'b:2'] }],
    ['bootstrap', '', { bootstrap: [] }],
    ['idle-minutes', '0', { idleMinutes: 0 }],
    ['describe-files', 'off', { describeFiles: false }],
    ['describe-files', 'true', { describeFiles: true }],
    ['downloadFolder', '/x/../y', { downloadFolder: '/y' }],
    ['conflict', 'Skip', { conflict: 'skip' }],
    ['upload-slots', '3', { uploadSlots: 3 }],
    ['friends-first', 'on', { friendsFirst: true }],
    ['upload-limit', '500k', { uploadLimit: 512_000 }],
    ['slowDownloadLimit', 'none', { slowDownloadLimit: 0 }],
    ['slow', 'on', { isSlow: true }],
    ['link-listen', 'no', { linkListen: false }],
    ['link-host', ' 10.0.0.2 ', { linkHost: '10.0.0.2' }],
    ['link-port', '4000', { linkPort: 4000 }],
  ];
  for (const [name, value, sent] of table) {
    cli.calls.length = 0;
    assert.equal((await cli.run(['set', name, value])).code, 0);
    assert.deepEqual(cli.calls, [['settings/set', sent]], name);
  }
  for (const [name, value] of [
    ['idle-minutes', 'soon'],
    ['describe-files', 'maybe'],
    ['conflict', 'rename'],
    ['upload-slots', '0'],
    ['upload-limit', 'fast'],
    ['link-port', '65536'],
    ['colour', 'red'],
    ['download-folder', ''],
  ] as const)
    assert.equal((await cli.run(['set', name, value])).code, 2, name);
});
