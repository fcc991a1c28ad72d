// The commands of transfers: what they ask the sidecar for, and what they show.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { ContentId, DownloadId } from '../../../../src/protocol/ids.ts';
import type { DownloadInfo, DownloadSource, HistoryEntry, UploadInfo } from '../../../../src/protocol/model.ts';
import { catalogShare, createCli, download, downloadId, ownId, peer, peerId, shareId, someSettings } from '../world.ts';

const ann = peerId('annaann');
const ben = peerId('benben');
const photos = shareId('photo');
const [first, second] = [downloadId('firs1'), downloadId('second')];

function source(changes: Partial<DownloadSource>): DownloadSource {
  return {
    peerId: ann,
    name: 'ann',
    state: 'active',
    link: 'tls',
    bytesPerSecond: 1_048_576,
    receivedBytes: 1024,
    badPieces: 0,
    ...changes,
  };
}

const browsing = {
  'peers/list': () => [peer(ann, { nickname: 'ann' })],
  'catalog/shares': () => [catalogShare(ann, photos, 'Photos')],
};

test('get says where to, what about taken names, how urgent, and not yet', async (t) => {
  const cli = await createCli(t, {
    ...browsing,
    'downloads/add': () => download(first, { state: 'paused' }),
  });
  const run = await cli.run(['get', 'ann/Photos/a.txt', '-t', '/x', '-c', 'SKIP', '-p', 'high', '--paused']);
  assert.equal(run.code, 0, run.errors);
  assert.equal(run.text, `${first}  /tmp/a.txt\n`);
  assert.deepEqual(cli.calls.at(-1), [
    'downloads/add',
    {
      entry: { peerId: ann, shareId: photos, path: 'a.txt' },
      folder: '/x',
      conflict: 'skip',
      priority: 'high',
      isPaused: true,
    },
  ]);
  for (const wrong of [
    ['--conflict', 'replace'],
    ['--priority', 'urgent'],
  ]) {
    const refused = await cli.run(['get', 'ann/Photos/a.txt', ...wrong]);
    assert.equal(refused.code, 2);
    assert.match(refused.errors, new RegExp(`${wrong[0]} "${wrong[1]}" is not one of: .*potluck help get`));
  }
});

test('a get that waits says when nobody is here, goes on, and Ctrl-C leaves the download in the queue', async (t) => {
  const abort = new AbortController();
  let now = download(first, { state: 'waiting' });
  let asked = 0;
  const cli = await createCli(t, {
    ...browsing,
    'downloads/add': () => now,
    'downloads/list': () => {
      asked++;
      if (asked === 1) {
        now = download(first, { state: 'running' });
        cli.server.broadcast('downloads/changed', { download: now });
      } else setImmediate(() => abort.abort());
      return [asked === 1 ? download(first, { state: 'waiting' }) : now];
    },
  });
  const run = await cli.run(['get', 'ann/Photos/a.txt'], { signal: abort.signal });
  assert.equal(run.code, 130);
  assert.match(run.errors, /"a.txt": nobody who has it is here now; it goes on by itself/);
  assert.match(run.errors, /stays in the queue and goes on without this command: .*"potluck cancel firs1yyy"/);
});

test('get tells what was there already, and ends with the code of the failure', async (t) => {
  let now: DownloadInfo = download(first, { state: 'done', skippedFiles: 2, totalFiles: 5 });
  const cli = await createCli(t, { ...browsing, 'downloads/add': () => now });
  const skipped = await cli.run(['get', 'ann/Photos/a.txt']);
  assert.equal(skipped.code, 0);
  assert.match(skipped.errors, /5 files, 2 B, in \/tmp\/a.txt; 2 files there already, left as before/);
  now = download(first, { state: 'failed', failure: { kind: 'disk-full', message: 'The disk is full.' } });
  const failed = await cli.run(['get', 'ann/Photos/a.txt']);
  assert.equal(failed.code, 7);
  assert.match(failed.errors, /failed: The disk is full\. "potluck retry firs1yyy"/);
});

test('the queue shows place, priority, rate, time left, and from whom', async (t) => {
  const cli = await createCli(t, {
    'downloads/list': () => [
      download(first, {
        bytesPerSecond: 2_097_152,
        secondsLeft: 90,
        sources: [source({}), source({ peerId: ben, name: 'ben' })],
      }),
      download(second, {
        name: 'b\u001b[2J.txt',
        place: 2,
        priority: 'high',
        sources: [
          source({ state: 'waiting', position: 2 }),
          source({ state: 'dropped', name: 'eve', badPieces: 3, reason: 'lies' }),
        ],
      }),
      download(downloadId('third'), { place: 0, state: 'done', doneBytes: 2 }),
    ],
  });
  const short = await cli.run(['queue']);
  assert.equal(
    short.text,
    [
      '#  ID        STATE    PRIORITY   DONE  SIZE      RATE  LEFT  FROM        NAME',
      '1  firs1yyy  running  normal     50 %   2 B  2.0 MB/s  90 s  2 peers     a.txt',
      '2  secondyy  running  high       50 %   2 B         -     -  2nd at ann  b\\x1b[2J.txt',
      '-  thirdyyy  done     normal    100 %   2 B         -     -  -           a.txt',
      '',
    ].join('\n'),
  );
  const long = (await cli.run(['queue', '--long'])).text;
  assert.match(long, /dropped +tls +1\.0 KB +1\.0 MB\/s +eve +lies, 3 bad/);
  assert.equal((JSON.parse((await cli.run(['queue', '--json'])).text) as unknown[]).length, 3);
});

test('the queue is followed as lines of JSON: all first, then what changed', async (t) => {
  const abort = new AbortController();
  const cli = await createCli(t, { 'downloads/list': () => [download(first)] });
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split('\n').length - 1;
    if (lines === 1) {
      cli.server.broadcast('downloads/changed', { download: download(first, { doneBytes: 2 }) });
      cli.server.broadcast('downloads/removed', { downloadId: first });
    }
    if (lines === 3) abort.abort();
  });
  const run = await cli.run(['queue', '--watch', '--json'], { stdout, signal: abort.signal });
  assert.equal(run.code, 130);
  const values = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { doneBytes?: number; removed?: DownloadId });
  assert.deepEqual(
    values.map(({ doneBytes, removed }) => doneBytes ?? removed),
    [1, 2, first],
  );
});

test('the queue is drawn over itself on a terminal, which is left as it was', async (t) => {
  const abort = new AbortController();
  const cli = await createCli(t, { 'downloads/list': () => [download(first, { name: 'x'.repeat(300) })] });
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.includes('xxx')) abort.abort();
  });
  assert.equal((await cli.run(['queue', '-w'], { stdout, isTty: true, signal: abort.signal })).code, 130);
  assert.ok(text.startsWith('\u001b[?1049h'));
  assert.ok(text.endsWith('\u001b[?1049l'));
});

test('pause and resume take ids, names, all, or nothing for all', async (t) => {
  const changed = [download(first, { state: 'paused' })];
  const cli = await createCli(t, {
    'downloads/list': () => [download(first), download(second, { name: 'b' })],
    'downloads/pause': () => changed,
    'downloads/resume': () => [],
  });
  for (const args of [[], ['all']]) {
    cli.calls.length = 0;
    assert.equal((await cli.run(['pause', ...args])).errors, '"a.txt": paused\n');
    assert.deepEqual(cli.calls, [['downloads/pause', {}]]);
  }
  cli.calls.length = 0;
  assert.equal((await cli.run(['pause', 'b', 'firs', '--json'])).code, 0);
  assert.deepEqual(
    cli.calls.filter(([method]) => method === 'downloads/pause').map(([, params]) => params),
    [{ downloadId: second }, { downloadId: first }],
  );
  assert.match((await cli.run(['resume'])).errors, /Nothing to resume/);
  cli.calls.length = 0;
  assert.equal((await cli.run(['pause', 'b', 'missing'])).code, 3);
  assert.ok(!cli.calls.some(([method]) => method === 'downloads/pause'), 'a wrong name leaves nothing half done');
});

test('priority and place are changed', async (t) => {
  const cli = await createCli(t, {
    'downloads/list': () => [download(first), download(second, { name: 'b' })],
    'downloads/prioritize': () => download(first, { priority: 'high', place: 1 }),
    'downloads/move': () => download(second, { name: 'b', place: 1 }),
  });
  assert.equal((await cli.run(['priority', 'firs', 'HIGH'])).errors, '"a.txt": high, place 1\n');
  assert.deepEqual(cli.calls.at(-1), ['downloads/prioritize', { downloadId: first, priority: 'high' }]);
  assert.equal((await cli.run(['move', 'b', 'top'])).errors, '"b": place 1\n');
  assert.deepEqual(cli.calls.at(-1), ['downloads/move', { downloadId: second, to: 'top' }]);
  assert.equal((await cli.run(['priority', 'firs', 'best'])).code, 2);
  assert.equal((await cli.run(['move', 'b', 'left'])).code, 2);
});

test('uploads show who takes what, and peers are refused with a reason and allowed again', async (t) => {
  const upload: UploadInfo = {
    peerId: ben,
    name: 'ben',
    ownerId: ownId,
    shareId: photos,
    path: '2025',
    fileCount: 12,
    state: 'running',
    link: 'noise',
    sentBytes: 512,
    totalBytes: 1024,
    bytesPerSecond: 1024,
    startedAtMs: 0,
  };
  const refused = { peerId: ben, name: 'ben', reason: 'enough' };
  const cli = await createCli(t, {
    'peers/list': () => [peer(ben, { nickname: 'ben' })],
    'catalog/shares': () => [catalogShare(ownId, photos, 'Photos')],
    'uploads/list': () => [upload, { ...upload, state: 'waiting', position: 1, sentBytes: 0, fileCount: 1 }],
    'uploads/refuse': () => refused,
    'uploads/allow': () => ({}),
    'uploads/refused': () => [refused],
  });
  assert.equal(
    (await cli.run(['uploads'])).text,
    [
      'PEER  STATE             SENT    SIZE      RATE  LINK   FILE',
      'ben   running           50 %  1.0 KB  1.0 KB/s  noise  Photos/2025 (12 files)',
      'ben   1st in the queue   0 %  1.0 KB  1.0 KB/s  noise  Photos/2025',
      '',
    ].join('\n'),
  );
  assert.match((await cli.run(['uploads', 'refuse', 'ben', '--reason', 'enough'])).errors, /given nothing until/);
  assert.deepEqual(cli.calls.at(-1), ['uploads/refuse', { peerId: ben, reason: 'enough' }]);
  assert.match((await cli.run(['uploads', 'refused'])).text, /ben +benbenyy +enough/);
  assert.equal((await cli.run(['uploads', 'allow', 'ben', '--json'])).text.trim(), JSON.stringify({ peerId: ben }));
  for (const wrong of [['ban', 'ben'], ['refuse'], ['refused', 'ben'], ['allow', 'ben', '--reason', 'x']])
    assert.equal((await cli.run(['uploads', ...wrong])).code, 2, wrong.join(' '));
});

test('history goes by pages, newest first, with the totals', async (t) => {
  const entry: HistoryEntry = {
    direction: 'upload',
    peerId: ben,
    peerName: 'ben',
    shareId: photos,
    path: '',
    kind: 'folder',
    outcome: 'cancelled',
    bytes: 2048,
    files: 3,
    startedAtMs: 0,
    endedAtMs: Date.UTC(2026, 10, 21, 12),
  };
  const totals = { downloadedBytes: 0, downloadedFiles: 0, uploadedBytes: 1_048_576, uploadedFiles: 1 };
  const cli = await createCli(t, {
    'transfers/history': ({ limit }) => ({ entries: Array.from({ length: Number(limit) }, () => entry), total: 5000 }),
    'transfers/totals': () => totals,
    'transfers/clearHistory': () => ({}),
  });
  const run = await cli.run(['history', '-d', 'up', '-n', '2']);
  assert.deepEqual(cli.calls[0], ['transfers/history', { direction: 'upload', offset: 0, limit: 2 }]);
  assert.match(run.text, /to +cancelled +2\.0 KB +3 +ben +\(whole share\)/);
  assert.match(run.errors, /5,000 transfers in all.*\n.*uploaded: 1\.0 MB in 1 file\./);
  const all = JSON.parse((await cli.run(['history', '-n', '1500', '--json'])).text) as { entries: unknown[]; total: number };
  assert.equal(all.entries.length, 1500);
  assert.equal(all.total, 5000);
  assert.equal((await cli.run(['history', '--direction', 'sideways'])).code, 2);
  assert.match((await cli.run(['history', '--clear'])).errors, /empty now/);
});

test('limits are shown, and set with units', async (t) => {
  const rates = { downloadBytesPerSecond: 0, uploadBytesPerSecond: 2048, downloads: 0, uploads: 1, leftBytes: 0, isSlow: true };
  const cli = await createCli(t, {
    'settings/get': () => ({ ...someSettings, isSlow: true, friendsFirst: true }),
    'settings/set': () => someSettings,
    'transfers/rates': () => rates,
  });
  assert.equal(
    (await cli.run(['limits'])).text,
    [
      'LIMITS           UP  DOWN',
      'usual          none  none',
      'slow       500 KB/s  none  in force',
      'rates now  2.0 KB/s     -',
      'upload slots: 4, those added by key first',
      '',
    ].join('\n'),
  );
  cli.calls.length = 0;
  const args = ['--up', '500k', '--down', '2M', '--slow-up', 'none', '--slow-down', '0', '--slow', 'off', '--slots', '2'];
  const json = JSON.parse((await cli.run(['limits', ...args, '--friends-first', 'on', '--json'])).text) as { settings: object };
  assert.deepEqual(cli.calls[0], [
    'settings/set',
    {
      uploadLimit: 512_000,
      downloadLimit: 2_097_152,
      slowUploadLimit: 0,
      slowDownloadLimit: 0,
      isSlow: false,
      friendsFirst: true,
      uploadSlots: 2,
    },
  ]);
  assert.ok(!('nickname' in json.settings));
  for (const wrong of [
    ['--up', 'fast'],
    ['--slow', 'maybe'],
    ['--slots', '65'],
  ])
    assert.equal((await cli.run(['limits', ...wrong])).code, 2, wrong.join(' '));
});

test('get takes a content id in the place of a path', async (t) => {
  const cli = await createCli(t, { 'downloads/add': () => download(first, { state: 'paused' }) });
  const contentId = 'AB'.repeat(32);
  const run = await cli.run(['get', contentId, '--paused']);
  assert.equal(run.code, 0, run.errors);
  assert.deepEqual(cli.calls.at(-1), ['downloads/add', { contentId: contentId.toLowerCase(), isPaused: true }]);
});

test('link announces and withdraws files, and lists what is announced', async (t) => {
  const link = {
    contentId: 'ab'.repeat(32) as ContentId,
    entry: { peerId: ann, shareId: photos, path: 'a\u001b.txt' },
    addedAtMs: 0,
    isAnnounced: true,
  };
  const cli = await createCli(t, { ...browsing, 'links/announce': () => ({}), 'links/list': () => [link] });
  for (const [action, isOn] of [
    ['announce', true],
    ['withdraw', false],
  ] as const) {
    const run = await cli.run(['link', action, 'ann/Photos/a.txt']);
    assert.equal(run.code, 0, run.errors);
    assert.deepEqual(cli.calls.at(-1), ['links/announce', { entry: { peerId: ann, shareId: photos, path: 'a.txt' }, isOn }]);
  }
  const list = await cli.run(['link', 'list']);
  assert.match(list.text, /ann +announced .*(ab){32}/);
  assert.ok(!list.text.includes('\u001b'));
  for (const wrong of [
    ['link', 'announce'],
    ['link', 'list', 'x'],
    ['link', 'x', 'y'],
  ])
    assert.equal((await cli.run(wrong)).code, 2);
});
