// Which contents we are found by and look for: parts made by hand, a real table of links.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DownloadId, PartyId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import type { EntryRef } from '../../../src/protocol/model.ts';
import { ContentMeeting, type ContentMeetingOptions } from '../../../src/sidecar/contentMeeting.ts';
import { networkLimits } from '../../../src/sidecar/limits.ts';
import { silentLog } from '../../../src/sidecar/log.ts';
import type { ContentTopic } from '../../../src/sidecar/network/contentTopics.ts';
import { Database } from '../../../src/sidecar/storage/database.ts';
import type { DownloadRecord } from '../../../src/sidecar/transfers/downloads/downloadTable.ts';
import { LinkedContents } from '../../../src/sidecar/transfers/held/linkedContents.ts';

const MiB = 1024 * 1024;
const shareId = 'y'.repeat(26) as ShareId;
const [own, owner] = ['y', 'b'].map((letter) => `${letter.repeat(51)}y` as PeerId);
const signal = new AbortController().signal;

function ref(peerId: PeerId | undefined, at: number): EntryRef {
  assert(peerId);
  return { peerId, shareId, path: `file ${at}` };
}

/** The root of `file N` begins with N. */
function rootOf({ path: below }: EntryRef): Uint8Array {
  const root = Buffer.alloc(32);
  root.writeUInt32BE(Number(below.split(' ')[1]));
  return root;
}

interface Received {
  at: number;
  sizeBytes: number;
  haveLeaves: number;
  sources: number;
}

/** A meeting, what it is given, and what it asks the network for: numbers of files. */
function scene(t: TestContext, parties = ['one']) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const database = new Database(folder);
  const received: Received[] = [];
  const waiting: DownloadRecord[] = [];
  const gone = new Set<string>();
  let met: readonly ContentTopic[] = [];
  let onMet: (() => void) | undefined;
  const options: ContentMeetingOptions = {
    linked: new LinkedContents(database),
    receiving: {
      find: () => undefined,
      // The meeting looks at nothing else of a partial file.
      all: () =>
        received.map(({ at, sizeBytes, haveLeaves, sources }) => ({
          entry: ref(owner, at),
          root: rootOf(ref(owner, at)),
          sinceMs: performance.now() - 1,
          sourceCount: () => sources,
          partial: { sizeBytes, have: { count: haveLeaves } } as never,
        })),
    },
    waiting: () => waiting,
    isActive: () => received.length > 0,
    files: {
      *files(record) {
        const count = record.kind === 'file' ? 1 : 9;
        for (let at = 0; at < count; at++) {
          const first = Number(record.entry.path.split(' ')[1]);
          yield { ...ref(owner, first + at), sizeBytes: at % 2 === 0 ? MiB : 10 };
        }
      },
    },
    rootOf: (entry) => Promise.resolve(rootOf(entry)),
    rootHere: (entry) => Promise.resolve(rootOf(entry)),
    isHere: (entry) => !gone.has(entry.path),
    audience: () => (entry) => (entry.peerId === own ? undefined : (['two'] as unknown as PartyId[])),
    topicsOf: (root, partyIds) =>
      parties
        .filter((party) => partyIds === undefined || partyIds.includes(party as PartyId))
        .map((party) => Buffer.concat([root.subarray(0, 28), Buffer.from(party.padEnd(4))])),
    meet: (topics) => {
      met = topics;
      onMet?.();
    },
    log: silentLog,
    afterMs: 0,
  };
  const meeting = new ContentMeeting(options);
  t.after(async () => {
    await meeting.close();
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const wish = (at: number, kind: 'file' | 'folder' = 'file') =>
    void waiting.push({
      ...{ downloadId: `d${at}` as DownloadId, entry: ref(owner, at), kind, totalBytes: MiB },
    } as DownloadRecord);
  /** Opens it, and answers what it asks the network for then; later by `again`. */
  const next = (act: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing was asked of the network')), 5000);
      onMet = () => {
        clearTimeout(timer);
        resolve();
      };
      act();
    });
  const numbers = (role: 'isAnnounced' | 'isLookedUp'): number[] =>
    met.filter((topic) => topic[role]).map(({ topic }) => Buffer.from(topic).readUInt32BE());
  const topics = () => met.map(({ topic }) => Buffer.from(topic.subarray(28)).toString().trim());
  return { meeting, received, waiting, gone, wish, next, numbers, topics, linked: options.linked };
}

test('own linked files are announced in every party of ours, others in those of their share', async (t) => {
  const { meeting, next, linked, topics, numbers } = scene(t, ['one', 'two', 'six']);
  linked.add('a'.repeat(64) as never, ref(own, 1));
  await next(() => meeting.open());
  assert.deepEqual(topics(), ['one', 'two', 'six']);
  await next(() => void meeting.announce(ref(owner, 2), true, { signal }));
  assert.equal(topics().filter((party) => party !== 'two').length, 2, 'the other one only in its party');
  assert.deepEqual(numbers('isLookedUp'), []);
});

test('a link is announced over restarts, not while its file is gone, and no more when withdrawn', async (t) => {
  const { meeting, next, gone, numbers } = scene(t);
  await meeting.announce(ref(own, 7), true, { signal });
  await next(() => meeting.open());
  assert.deepEqual(numbers('isAnnounced'), [7]);
  assert.deepEqual(
    meeting.list().map(({ entry, isAnnounced }) => [entry, isAnnounced]),
    [[ref(own, 7), true]],
  );
  gone.add('file 7');
  await next(() => void meeting.announce(ref(own, 8), true, { signal }));
  assert.deepEqual(numbers('isAnnounced'), [8]);
  assert.deepEqual(meeting.list().find(({ entry }) => entry.path === 'file 7')?.isAnnounced, false);
  await next(() => void meeting.announce(ref(own, 8), false, { signal }));
  assert.deepEqual(numbers('isAnnounced'), []);
  await assert.rejects(meeting.announce(ref(own, 8), false, { signal }), { kind: 'not-found' });
});

test('a large file that is received is looked for while few give it, and announced when some of it is here', async (t) => {
  const { meeting, next, received, numbers } = scene(t, ['two']);
  const few = networkLimits.contentSources;
  received.push(
    { at: 1, sizeBytes: MiB, haveLeaves: 0, sources: 1 },
    { at: 2, sizeBytes: MiB, haveLeaves: 1, sources: 1 },
    { at: 3, sizeBytes: MiB, haveLeaves: 1, sources: few },
    { at: 4, sizeBytes: 1000, haveLeaves: 1, sources: 1 },
  );
  await next(() => meeting.open());
  assert.deepEqual(numbers('isLookedUp').sort(), [1, 2]);
  assert.deepEqual(numbers('isAnnounced').sort(), [2, 3]);
  for (const file of received) file.sources = few;
  await next(() => meeting.touch());
  assert.deepEqual(numbers('isLookedUp').sort(), [1, 2], 'not on and off with every source');
  for (const file of received) file.sources = 2 * few;
  await next(() => meeting.touch());
  assert.deepEqual(numbers('isLookedUp'), []);
});

test('a wish is looked for; of a folder some large files', async (t) => {
  const { meeting, next, wish, numbers } = scene(t, ['two']);
  wish(100);
  wish(200, 'folder');
  await next(() => meeting.open());
  assert.deepEqual(numbers('isLookedUp'), [100, 200, 202, 204, 206]);
  assert.deepEqual(numbers('isAnnounced'), []);
});

test('however much is linked and wanted, a limited number of topics is asked for, the newest links first', async (t) => {
  const { meeting, next, wish, received, numbers } = scene(t, ['one', 'two']);
  t.mock.timers.enable({ apis: ['Date'] });
  for (let at = 0; at < 40; at++) {
    t.mock.timers.tick(1000);
    await meeting.announce(ref(own, at), true, { signal });
    wish(1000 + at);
    received.push({ at: 2000 + at, sizeBytes: MiB, haveLeaves: 1, sources: 9 });
  }
  await next(() => meeting.open());
  assert.equal(numbers('isLookedUp').length, networkLimits.contentTopicsLookedUp);
  const announced = numbers('isAnnounced');
  assert.equal(announced.length, networkLimits.contentTopicsAnnounced);
  assert.deepEqual(announced.slice(0, 4), [39, 39, 38, 38]);
});
