// The disk worker's calls about partial files: which are open, by number.

import type { DiskCall, DiskCalls } from './diskCalls.ts';
import { OpenPartial, removePartial } from './openPartial.ts';

type PartialCall = Extract<DiskCall, `partial${string}`>;
type Handlers = { [K in PartialCall]: (ask: DiskCalls[K]['ask']) => DiskCalls[K]['answer'] | Promise<DiskCalls[K]['answer']> };

const open = new Map<number, OpenPartial>();
let next = 1;

function find(partial: number): OpenPartial {
  const found = open.get(partial);
  if (!found) throw new Error('it is not open');
  return found;
}

export const handlers: Handlers = {
  partialOpen(ask) {
    const file = new OpenPartial(ask);
    const partial = next++;
    open.set(partial, file);
    const runs: number[] = [];
    for (let at = file.have.nextPresent(0); at < file.have.size; at = file.have.nextPresent(at)) {
      const end = file.have.nextMissing(at);
      runs.push(at, end - at);
      at = end;
    }
    return { partial, earlier: file.earlier, runs };
  },
  partialRecheck: ({ partial }) => find(partial).recheck(),
  partialWrite({ partial, first, chunks, expected }) {
    const good = find(partial).write(first, chunks, expected);
    letGo(chunks);
    return { good };
  },
  partialCompare: ({ partial, first, expected }) => ({ wrong: find(partial).compare(first, expected) }),
  partialForget({ partial, first, count }) {
    find(partial).forget(first, count);
    return undefined;
  },
  partialLeaves: ({ partial, first, count }) => find(partial).leaves(first, count),
  partialRead: ({ partial, offset, length }) => find(partial).read(offset, length),
  partialIdentify({ partial, ...identity }) {
    find(partial).identify(identity);
    return undefined;
  },
  async partialFinish({ partial, ...options }) {
    const answer = await find(partial).finish(options);
    open.delete(partial);
    return answer;
  },
  partialClose({ partial, path, isRemoved }) {
    open.get(partial)?.close();
    open.delete(partial);
    if (isRemoved) removePartial(path);
    return undefined;
  },
};

/** Gives the memory of handed-over chunks back at once: left to the garbage collector, it stays for hundreds of megabytes. */
function letGo(chunks: readonly Uint8Array[]): void {
  for (const { buffer } of chunks) if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
