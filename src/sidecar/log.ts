// What every part of the sidecar writes to. Where lines end up (rotating file, clients) is for node.ts to decide.

import type { LogEntry, LogLevel } from '../protocol/model.ts';

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** The same log, speaking for a part. */
  for(area: string): Log;
}

/** A log that hands each entry to `write`. Control characters are escaped: a peer's words may be part of a message. */
export function createLog(write: (entry: LogEntry) => void, area = 'sidecar'): Log {
  const at = (level: LogLevel) => (message: string) => write({ timeMs: Date.now(), level, area, message: oneLine(message) });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), for: (name) => createLog(write, name) };
}

/** A log that keeps nothing. */
export const silentLog: Log = createLog(() => undefined);

const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function oneLine(text: string): string {
  return text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).slice(0, 4000);
}
