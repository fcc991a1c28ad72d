import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { limits } from '../../../../src/extension/limits.ts';
import { Offers } from '../../../../src/extension/sending/offers.ts';
import { Sidecar, type Connection } from '../../../../src/extension/sidecar.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../../../src/protocol/sending.ts';
import { peerId } from '../worlds.ts';

/** A sidecar that answers with these lists, whose notices the test sends. */
async function offersOf(t: TestContext, lists: { inbox?: unknown[]; outbox?: unknown[]; dropBoxes?: unknown[] }) {
  const listeners = new Map<string, (params: never) => void>();
  const asked: string[] = [];
  const connection = {
    peerId: peerId(1),
    sidecarPid: 1,
    request: (method: string) => {
      asked.push(method);
      return Promise.resolve(lists[method.split('/')[0] as keyof typeof lists] ?? []);
    },
    on: (method: string, listener: (params: never) => void) => {
      listeners.set(method, listener);
      return { dispose: () => undefined };
    },
    onClose: () => ({ dispose: () => undefined }),
    dispose: () => undefined,
  } as unknown as Connection;
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const offers = new Offers(sidecar);
  t.after(() => {
    offers.dispose();
    sidecar.dispose();
  });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await offers.read();
  /** Which lists are read again once this was told, in order of their names. */
  async function readAfter(...notices: string[]): Promise<string[]> {
    asked.length = 0;
    for (const notice of notices) listeners.get(notice)?.({} as never);
    t.mock.timers.tick(limits.redrawMs);
    // Nothing here waits for more than promises that are resolved.
    await setImmediate();
    return [...asked].sort();
  }
  await readAfter();
  return readAfter;
}

const open = { state: 'offered' } as IncomingOffer;
const ended = { state: 'done' } as IncomingOffer;
const sent = { state: 'waiting' } as OutgoingOffer;
const delivered = { state: 'delivered' } as OutgoingOffer;
const box = { dropBoxId: 'box' } as DropBox;

test('peers that come and go have nothing read again while no offer is open', { timeout: 5000 }, async (t) => {
  const readAfter = await offersOf(t, { inbox: [ended], outbox: [delivered], dropBoxes: [box] });
  assert.deepEqual(await readAfter('peers/changed'), []);
});

test(
  'peers that come and go have the lists read again in which an offer is open, and never the disk',
  { timeout: 5000 },
  async (t) => {
    const readAfter = await offersOf(t, { inbox: [open, ended], outbox: [delivered], dropBoxes: [box] });
    assert.deepEqual(await readAfter('peers/changed'), ['inbox/list']);
  },
);

test('peers that come and go have the outbox read again while something in it is to be taken', { timeout: 5000 }, async (t) => {
  const readAfter = await offersOf(t, { inbox: [ended], outbox: [sent] });
  assert.deepEqual(await readAfter('peers/changed'), ['outbox/list']);
});

test('a change reads what it is about, once, however often it is told', { timeout: 5000 }, async (t) => {
  const readAfter = await offersOf(t, { dropBoxes: [box] });
  assert.deepEqual(await readAfter('outbox/changed', 'outbox/changed'), ['outbox/list']);
  assert.deepEqual(await readAfter('inbox/changed'), ['dropBoxes/list', 'inbox/list']);
  assert.deepEqual(await readAfter('dropBoxes/changed', 'outbox/changed'), ['dropBoxes/list', 'outbox/list']);
});

test('without a drop box what comes has no folder looked at', { timeout: 5000 }, async (t) => {
  const readAfter = await offersOf(t, {});
  assert.deepEqual(await readAfter('inbox/changed'), ['inbox/list']);
});
