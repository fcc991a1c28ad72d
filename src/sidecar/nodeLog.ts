// The log of the whole sidecar: to the rotating file, to a short memory for clients that come later, and to who listens.

import type { LogEntry } from '../protocol/model.ts';
import { localLimits } from './limits.ts';
import { createLog, type Log } from './log.ts';
import type { LogFile } from './storage/logFile.ts';

export interface NodeLog extends Log {
  tail(): LogEntry[];
  onEntry(listener: (entry: LogEntry) => void): void;
}

/** Debug entries go to clients that ask, not to the file, unless `isVerbose`. */
export function createNodeLog(file: LogFile, options: { isVerbose: boolean }): NodeLog {
  const tail: LogEntry[] = [];
  const listeners: ((entry: LogEntry) => void)[] = [];
  const log = createLog((entry) => {
    if (entry.level !== 'debug' || options.isVerbose) file.write(entry);
    tail.push(entry);
    if (tail.length > localLimits.logTail) tail.shift();
    for (const listener of listeners) listener(entry);
  });
  return { ...log, tail: () => [...tail], onEntry: (listener) => void listeners.push(listener) };
}
