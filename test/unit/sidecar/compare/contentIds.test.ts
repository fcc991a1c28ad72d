import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import type { ToldIds } from '../../../../src/sidecar/compare/compareMessages.ts';
import {
  type ContentIdsOptions,
  findMissing,
  type Place,
  searchOrder,
  soughtOf,
  tellKnown,
} from '../../../../src/sidecar/compare/contentIds.ts';
import { compareLimits } from '../../../../src/sidecar/limits.ts';
import type { ReadReply } from '../../../../src/sidecar/wire/services.ts';

const share = { peerId: 'y'.repeat(52) as PeerId, shareId: 'y'.repeat(26) as ShareId, base: '' };
const peers: Place = { kind: 'entry', ...share, isOwn: false };
const own: Place = { kind: 'entry', ...share, isOwn: true };
const folder: Place = { kind: 'folder', root: '/mine' };

const never = (): never => {
  throw new Error('not asked for');
};
const options: ContentIdsOptions = {
  ...{ details: { ask: never, isEmpty: true }, trees: { rootsBelow: never, rootOf: never } },
  ...{ rootOf: never, locate: never, source: () => undefined },
};

const wanted = Array.from({ length: 100 }, (_, at) => ({ path: `${at}`, sizeBytes: 1, mtimeMs: 1 }));

test('owners are asked before anything of this machine is read, and for no more than the limit', () => {
  assert.deepEqual(searchOrder({ left: folder, right: peers }), ['right', 'left']);
  assert.deepEqual(searchOrder({ left: own, right: peers }), ['right', 'left']);
  assert.deepEqual(searchOrder({ left: peers, right: folder }), ['left', 'right']);
  assert.deepEqual(searchOrder({ left: folder, right: own }), ['left', 'right']);
  const many = Array.from({ length: compareLimits.askedIds + 1 }, () => ({ path: 'a', sizeBytes: 1, mtimeMs: 1 }));
  assert.equal(soughtOf(peers, many).length, compareLimits.askedIds);
  assert.equal(soughtOf(folder, many).length, many.length);
});

test('an owner that does not answer in time is not asked for the rest', async () => {
  let asked = 0;
  const read = (_: unknown, { signal }: { signal: AbortSignal }) => {
    asked++;
    return refusedBy(signal);
  };
  const found = await find({ ...options, askMs: 20, source: () => ({ read }) });
  assert.equal(asked, compareLimits.askedAtOnce);
  assert.deepEqual(found, []);
});

test('past the time limit nothing more is asked, and what was found is handed over', async () => {
  const over = new AbortController();
  let asked = 0;
  const read = (_: unknown, { signal }: { signal: AbortSignal }): Promise<ReadReply> => {
    if (++asked <= 10) return Promise.resolve(answer());
    over.abort();
    return refusedBy(signal);
  };
  const found = await find({ ...options, source: () => ({ read }) }, { until: over.signal });
  assert.equal(found.length, 10);
  assert.ok(asked <= 10 + compareLimits.askedAtOnce, `${asked} were asked`);
});

test('who stops it gets an error, and nothing is waited for', async () => {
  const stop = new AbortController();
  const read = (_: unknown, { signal }: { signal: AbortSignal }): Promise<ReadReply> => {
    stop.abort();
    return refusedBy(signal);
  };
  await assert.rejects(find({ ...options, source: () => ({ read }) }, { signal: stop.signal }), { name: 'AbortError' });
});

test('what the worker refuses while the next page is read is an error of the whole, once', async () => {
  const page = { paths: new Uint8Array(), sizes: new Float64Array(), times: new Float64Array(), roots: new Uint8Array() };
  let pages = 0;
  const ask = async () => {
    // Whoever does not listen by then does not hear of it.
    if (++pages > 1) await nextTurn();
    return pages === 1 ? { ...page, last: 'a' } : { ...page, last: undefined };
  };
  const details = { ask: ask as unknown as ContentIdsOptions['details']['ask'], isEmpty: false };
  const tell = () => Promise.reject(new AppError('cancelled', 'The comparison was closed.'));
  await assert.rejects(tellKnown(peers, { ...options, details }, tell, new AbortController().signal), { kind: 'cancelled' });
  assert.equal(pages, 2);
});

/** The paths that were found. */
async function find(
  given: ContentIdsOptions,
  { signal = new AbortController().signal, until = new AbortController().signal } = {},
): Promise<string[]> {
  const found: string[] = [];
  const tell = ({ paths }: ToldIds): Promise<void> => {
    if (paths.length > 0) found.push(...Buffer.from(paths).toString().split('//'));
    return Promise.resolve();
  };
  await findMissing(peers, wanted, given, { tell, onDone: () => undefined, signal, until });
  return found;
}

/** As a session does: `cancelled`, once it is aborted. */
function refusedBy(signal: AbortSignal): Promise<ReadReply> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(new AppError('cancelled', 'The request was cancelled.'));
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}

function answer(): ReadReply {
  const bytes = (async function* (): AsyncGenerator<Uint8Array> {})();
  return { sizeBytes: 1, root: new Uint8Array(32).fill(7), bytes } as unknown as ReadReply;
}
