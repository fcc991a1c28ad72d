// The disk worker's calls about placing files: which runs are open, by number.

import type { DiskCall, DiskCalls, DiskEvent } from './diskCalls.ts';
import { PlacingRun } from './placingRun.ts';

type RunCall = Extract<DiskCall, `run${string}`>;
type Handlers = { [K in RunCall]: (ask: DiskCalls[K]['ask']) => DiskCalls[K]['answer'] | Promise<DiskCalls[K]['answer']> };

const open = new Map<number, PlacingRun>();
let next = 1;

function find(run: number): PlacingRun {
  const found = open.get(run);
  if (!found) throw new Error('it is not open');
  return found;
}

/** Events of runs go to `tell`. */
export function handlers(tell: (event: DiskEvent) => void): Handlers {
  return {
    runOpen(settings) {
      const run = next++;
      const opened = new PlacingRun(settings, tell, run);
      open.set(run, opened);
      return { run, isFresh: opened.isFresh };
    },
    runSift: ({ run, files }) => find(run).sift(files),
    runFolders({ run, folders }) {
      find(run).makeFolders(folders);
      return undefined;
    },
    runUnpack: (ask) => find(ask.run).unpack(ask),
    runPlace: (ask) => find(ask.run).place(ask),
    async runFlush({ run }) {
      await find(run).flush();
      return undefined;
    },
    async runClose({ run }) {
      await open.get(run)?.close();
      open.delete(run);
      return undefined;
    },
  };
}
