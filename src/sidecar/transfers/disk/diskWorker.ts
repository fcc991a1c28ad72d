// The thread that does the file work of transfers: bytes that arrive, packs, final names. All file calls are synchronous, in steps short
// enough that others get their turn; only flushing is not. Knows no peer and no queue.

import { parentPort } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { localFailure } from '../failures.ts';
import { copyOpen, copyStep } from './copying.ts';
import type { DiskAnswer, DiskCall, DiskCalls, DiskEvent, DiskRequest } from './diskCalls.ts';
import { readPack } from './packReading.ts';
import * as partials from './partialCalls.ts';
import * as runs from './runCalls.ts';

type Handlers = { [K in DiskCall]: (ask: DiskCalls[K]['ask']) => DiskCalls[K]['answer'] | Promise<DiskCalls[K]['answer']> };

const handlers: Handlers = { readPack, copyOpen, copyStep, ...partials.handlers, ...runs.handlers(tell) };

parentPort?.on('message', (request: DiskRequest) => {
  // Answered within this turn when the work was synchronous: the next message then finds all of it done.
  try {
    const value = call(request);
    if (value instanceof Promise)
      value.then(
        (answer) => done(request.reply, answer),
        (error: unknown) => failed(request.reply, error),
      );
    else done(request.reply, value);
  } catch (error) {
    failed(request.reply, error);
  }
});

function call<K extends DiskCall>(request: { type: K; ask: DiskCalls[K]['ask'] }) {
  return handlers[request.type](request.ask);
}

function done(reply: number, value: DiskCalls[DiskCall]['answer']): void {
  tell({ reply, value }, buffersOf(value));
}

function failed(reply: number, error: unknown): void {
  const { kind, message, data } = error instanceof AppError ? error : localFailure(error, 'A file');
  tell({ reply, failed: { kind, message, data } });
}

function tell(message: DiskAnswer | DiskEvent, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Bytes of an answer own their buffer: never from a pool. */
function buffersOf(value: DiskCalls[DiskCall]['answer']): ArrayBuffer[] {
  if (value === undefined) return [];
  const bytes =
    value instanceof Uint8Array ? value : 'bytes' in value && value.bytes instanceof Uint8Array ? value.bytes : undefined;
  const buffer = bytes?.buffer;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
