import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { transferHandlers } from '../../../../src/sidecar/api/transfers.ts';

test('what is not found because its index is not here yet says so; what is gone says that', async () => {
  let isIndexHere = false;
  const gone = async (): Promise<never> => Promise.reject(new AppError('not-found', 'It is not shared any more.'));
  const none = (): never => assert.fail('not asked');
  const handlers = transferHandlers({
    fetches: { fetch: gone, fetchRange: gone },
    downloads: { add: gone, list: none, cancel: none, retry: none, clear: none },
    uploads: { list: none },
    catalog: {
      list: ({ path }) => {
        assert.equal(path, '');
        if (!isIndexHere) throw new AppError('unavailable', 'The index is not here yet.');
        return { entries: [], total: 0 };
      },
    },
  });
  const caller = { notify: none, subscribeToLog: none, gone: new AbortController().signal };
  const call = { caller, signal: caller.gone };
  const entry = { peerId: 'y'.repeat(52), shareId: 'y'.repeat(26), path: 'a/b' };
  for (const kind of ['unavailable', 'not-found']) {
    await assert.rejects(async () => handlers['files/fetch']({ entry }, call), { kind });
    await assert.rejects(async () => handlers['files/fetchRange']({ entry, offset: 0, length: 1 }, call), { kind });
    await assert.rejects(async () => handlers['downloads/add']({ entry }, call), { kind });
    isIndexHere = true;
  }
});
