// Who is asked for a content: above all, who is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContentId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import type { EntryRef } from '../../../src/protocol/model.ts';
import { Sources, type SourcesOptions } from '../../../src/sidecar/sources.ts';
import { transferLimits } from '../../../src/sidecar/limits.ts';

const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;
const root = new Uint8Array(32).fill(9);

function peer(letter: string): PeerId {
  return `${letter.repeat(51)}y` as PeerId;
}

const [own, owner, friend, stranger] = [peer('y'), peer('b'), peer('n'), peer('d')];
const entry: EntryRef = { peerId: owner, shareId, path: 'docs/a.bin' };

/** Sources over made-up sessions: only what is asked of sessions here. */
function sources(options: { here: PeerId[]; mayKnow: PeerId[]; old?: PeerId[]; listed?: EntryRef[] | Error }): {
  sources: Sources;
  others: () => Promise<string[]>;
} {
  const sessions = options.here.map((peerId) => ({
    peerId,
    understands: (capability: string) => capability === 'holdings' && options.old?.includes(peerId) !== true,
  }));
  const made = new Sources({
    ownPeerId: own,
    // Sources asks sessions for nothing else.
    sessions: () =>
      ({
        source: (peerId: PeerId) => sessions.find((session) => session.peerId === peerId),
        all: () => sessions,
        mayPassOn: (peerId: PeerId, of: PeerId, share: ShareId) =>
          of === owner && share === shareId && options.mayKnow.includes(peerId),
      }) as unknown as ReturnType<SourcesOptions['sessions']>,
    details: () => ({
      holders: () => (options.listed instanceof Error ? Promise.reject(options.listed) : Promise.resolve(options.listed ?? [])),
    }),
  });
  const others = async () =>
    (await made.others(entry, root)).map(({ source, at }) => `${source.peerId[0]}: ${at.owner[0]}/${at.path}`);
  return { sources: made, others };
}

test('a peer that may not know the share is not asked about a file of it', async () => {
  const { others } = sources({ here: [owner, friend, stranger], mayKnow: [friend] });
  assert.deepEqual(await others(), ['n: b/docs/a.bin']);
});

test('a peer that lists the content is asked for its own file, also one that may not know the share', async () => {
  const listed = [
    { peerId: stranger, shareId, path: 'mine.bin' },
    { peerId: stranger, shareId, path: 'again.bin' },
    { peerId: own, shareId, path: 'my.bin' },
    { peerId: owner, shareId, path: 'copy.bin' },
    { peerId: peer('r'), shareId, path: 'away.bin' },
  ];
  const { others } = sources({ here: [owner, friend, stranger], mayKnow: [friend, stranger], listed });
  assert.deepEqual(await others(), ['d: d/mine.bin', 'n: b/docs/a.bin']);
});

test('a peer that cannot say what it holds is not asked, and a failing catalog keeps nobody from being asked', async () => {
  const both = { here: [friend, stranger], mayKnow: [friend, stranger] };
  assert.deepEqual(await sources({ ...both, old: [friend], listed: new Error('closing') }).others(), ['d: b/docs/a.bin']);
});

test('never more than are used at once', async () => {
  const many = [...'ejkmcpqxot1uwisza345h769'].map(peer);
  assert.equal((await sources({ here: many, mayKnow: many }).others()).length, transferLimits.sources);
});

test('who listens is told of comings and goings until it stops', () => {
  const { sources: made } = sources({ here: [], mayKnow: [] });
  let told = 0;
  const stop = made.onChange(() => told++);
  made.changed();
  stop();
  made.changed();
  assert.equal(told, 1);
});

test('a content is downloaded from who is here, else from who lists it; not from ourselves, nor from nobody', async () => {
  const contentId = 'ab'.repeat(32) as ContentId;
  const ref = (peerId: PeerId): EntryRef => ({ peerId, shareId, path: `of ${peerId[0]}` });
  const listed = [ref(own), ref(owner), ref(friend)];
  const from = (options: Parameters<typeof sources>[0]) => sources(options).sources.listedBy(contentId);
  assert.deepEqual(await from({ here: [friend], mayKnow: [], listed }), ref(friend));
  assert.deepEqual(await from({ here: [], mayKnow: [], listed }), ref(owner));
  await assert.rejects(from({ here: [], mayKnow: [], listed: [ref(own)] }), { kind: 'already-exists' });
  await assert.rejects(from({ here: [], mayKnow: [], listed: [] }), { kind: 'not-found' });
});
