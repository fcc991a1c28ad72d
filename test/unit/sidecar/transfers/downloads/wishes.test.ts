import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HolderLook } from '../../../../../src/sidecar/transfers/downloads/holderLook.ts';
import { newRecord } from '../../../../../src/sidecar/transfers/downloads/downloadRecord.ts';
import { choose } from '../../../../../src/sidecar/transfers/downloads/starting.ts';
import type { Holder } from '../../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { Wishes } from '../../../../../src/sidecar/transfers/downloads/wishes.ts';
import type { FileSource, HoldingReply } from '../../../../../src/sidecar/wire/services.ts';
import { askerId, asSafe, ownerId, refTo, shareId } from '../world.ts';

test('everything that waits is asked about, one after the other, and again when somebody comes meanwhile', async () => {
  const asked: string[] = [];
  const held: string[] = [];
  let under = 0;
  let most = 0;
  const wishes: Wishes<string> = new Wishes<string>({
    waiting: () => ['a', 'b', 'c'].filter((name) => !held.includes(name)),
    isHeld: async (name) => {
      most = Math.max(most, ++under);
      await turn();
      under--;
      asked.push(name);
      if (asked.length === 1) wishes.look();
      return name === 'b' ? true : undefined;
    },
    onHeld: (name) => held.push(name),
    questionMs: 1,
    everyMs: 1_000_000,
  });
  wishes.look();
  while (asked.length < 5) await turn();
  assert.deepEqual(asked, ['a', 'b', 'c', 'a', 'c']);
  assert.deepEqual([held, most], [['b'], 1]);
  await wishes.close();
  wishes.look();
  await turn();
  assert.equal(asked.length, 5, 'nothing is asked after the end');
});

const root = new Uint8Array(32).fill(5);

function lookOf(holders: Holder[], files: string[] = []) {
  const asked: string[] = [];
  const look = new HolderLook({
    catalog: {
      *files() {
        for (const path of files) yield { path: asSafe(path), entry: { name: path, kind: 'file', sizeBytes: 1, mtimeMs: 0 } };
      },
    },
    sources: {
      hasOthers: () => holders.length > 0,
      others: (entry) => {
        asked.push(entry.path);
        return Promise.resolve(holders);
      },
    },
    roots: { of: (entry) => Promise.resolve(entry.path.includes('unknown') ? undefined : root) },
  });
  const record = (path: string, kind: 'file' | 'folder') => {
    const catalog = {
      stat: () => ({ name: path, kind, sizeBytes: 1, mtimeMs: 0 }),
      files: () => [],
      titleOf: () => undefined,
    };
    const wanted = { folder: '/x', conflict: 'skip', priority: 'low', isPaused: false, order: 1 } as const;
    return newRecord(refTo(path), wanted, catalog);
  };
  const isHeld = (path: string, kind: 'file' | 'folder' = 'file') =>
    look.isHeld(record(path, kind), { signal: new AbortController().signal });
  return { isHeld, asked };
}

function holder(units: number[] | Error, owner = ownerId): Holder {
  const never = () => Promise.reject(new Error('not asked for'));
  const holding = (): Promise<HoldingReply> =>
    units instanceof Error
      ? Promise.reject(units)
      : Promise.resolve({ sizeBytes: 1, unitBytes: 16384, units: Uint8Array.from(units) });
  const source: FileSource = {
    ...{ peerId: askerId, linkKind: 'session', understands: () => true },
    ...{ read: never, readPack: never, hashes: never, holding },
  };
  return { source, at: { owner, shareId, path: 'f' } };
}

test('somebody holds a wish who lists its content, or says that it has some of it', async () => {
  assert.equal(await lookOf([holder(new Error('no')), holder([0, 4])]).isHeld('f'), true);
  assert.equal(await lookOf([holder(new Error('not asked'), askerId)]).isHeld('f'), true);
  assert.equal(await lookOf([holder([0, 0]), holder(new Error('no'))]).isHeld('f'), false);
});

test('nobody is asked about what has no known content, or when nobody is there', async () => {
  assert.equal(await lookOf([]).isHeld('f'), undefined);
  assert.equal(await lookOf([holder([255])]).isHeld('unknown'), undefined);
});

test('of a folder the first files are asked about, not thousands', async () => {
  const files = ['unknown', ...Array.from({ length: 5000 }, (_, i) => `d/f${i}`)];
  const { isHeld, asked } = lookOf([holder([0])], files);
  assert.equal(await isHeld('d', 'folder'), false);
  assert.deepEqual(asked, ['d/f0', 'd/f1', 'd/f2', 'd/f3']);
});

test('slots go to the first; one that is stopping is counted once', () => {
  const item = (
    name: string,
    place: number,
    priority: 'high' | 'normal' | 'low',
    state: 'idle' | 'going' | 'stopping' = 'idle',
  ) => {
    const abort = new AbortController();
    if (state === 'stopping') abort.abort();
    const running = state === 'idle' ? undefined : { abort, done: Promise.resolve(), isPreempted: false };
    return { name, place, record: { priority }, running };
  };
  const names = ({ start, preempt }: ReturnType<typeof choose<ReturnType<typeof item>>>) => [
    start.map(({ name }) => name).join(),
    preempt.map(({ name }) => name).join(),
  ];
  const [high, other, low] = [item('high', 1, 'high'), item('other', 2, 'high'), item('low', 9, 'low')];
  const going = [item('n1', 3, 'normal', 'going'), item('n2', 4, 'normal', 'going')];
  assert.deepEqual(names(choose([high, low], going, 4)), ['high,low', '']);
  assert.deepEqual(names(choose([high, low], going, 2)), ['', 'n2']);
  assert.deepEqual(names(choose([high, other, low], going, 2)), ['', 'n2,n1']);
  const stopping = [item('n1', 3, 'normal', 'going'), item('n2', 4, 'normal', 'stopping')];
  assert.deepEqual(names(choose([high, low], stopping, 2)), ['', ''], 'it waits for the slot that it was promised');
  assert.deepEqual(names(choose([item('n0', 1, 'normal')], going, 2)), ['', ''], 'moving up alone stops nobody');
});
