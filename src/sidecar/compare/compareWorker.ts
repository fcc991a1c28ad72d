// Worker: reads two trees, holds them side by side, and answers what became of each path. One comparison each; it ends with it.

import { parentPort, type MessagePort } from 'node:worker_threads';
import { asAppError } from '../../protocol/errors.ts';
import { localLimits } from '../limits.ts';
import type { CompareOperation, CompareOperations, CompareReply, CompareRequest } from './compareMessages.ts';
import { Rows } from './rows.ts';
import { openSide, type SideSource } from './sides.ts';

type Handlers = { [O in CompareOperation]: (params: CompareOperations[O]['params']) => CompareOperations[O]['result'] };

function handlersOf(rows: Rows, onEntries: (entries: number) => void): Handlers {
  return {
    read: ({ left, right }) => read(rows, left, right, onEntries),
    learn: ({ side, ids }) => {
      rows.learn(side, { ...ids, paths: Buffer.from(ids.paths.buffer, ids.paths.byteOffset, ids.paths.byteLength).toString() });
      return undefined;
    },
    judge: () => rows.judge(),
    unresolved: () => rows.unresolved,
    wanted: ({ side, ...which }) => rows.wanted(side, which),
    page: ({ states, ...page }) => rows.page(states, page),
    select: ({ states, paths }) => rows.select(states, paths),
  };
}

function read(rows: Rows, left: SideSource, right: SideSource, onEntries: (entries: number) => void): { skipped: number } {
  const one = openSide(left);
  try {
    const other = openSide(right);
    try {
      rows.read(one.folders, other.folders, onEntries);
      return { skipped: one.skipped() + other.skipped() };
    } finally {
      other.close();
    }
  } finally {
    one.close();
  }
}

function main(port: MessagePort): void {
  const reply = (message: CompareReply): void => port.postMessage(message);
  let toldMs = 0;
  const handlers = handlersOf(new Rows(), (entries) => {
    const nowMs = Date.now();
    if (nowMs - toldMs < 1000 / localLimits.progressHz) return;
    toldMs = nowMs;
    reply({ type: 'progress', entries });
  });
  port.on('message', ({ id, operation, params }: CompareRequest) => {
    try {
      reply({ type: 'done', id, result: handlers[operation](params as never) });
    } catch (thrown) {
      const { kind, message } = asAppError(thrown);
      reply({ type: 'failed', id, kind, message });
    }
  });
}

if (parentPort !== null) main(parentPort);
