// The mark of what came from others, as each system knows it: Zone.Identifier (Windows, [MS-FSCC] 2.6), com.apple.quarantine (macOS), user.xdg.origin.url
// (freedesktop.org's common extended attributes). Set on a file of ours before it gets its final name, in the disk worker: 5 to 10 us a file. Where
// a disk keeps no such marks the file goes without: the bytes are what counts.

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, utimesSync, writeFileSync, type Stats } from 'node:fs';
import { setAttrSync } from 'fs-native-extensions';

export interface OriginMark {
  /** `path` is that of the open file. Before its times are set. */
  open(fd: number, path: string): void;
  /** A closed file; keeps its times. */
  closed(path: string, stats: Stats): void;
}

/** `origin`: a `potluck:` URI of where files come from; undefined: nothing is marked. */
export function originMark(origin: string | undefined, platform: NodeJS.Platform = process.platform): OriginMark {
  if (origin === undefined) return { open: () => undefined, closed: () => undefined };
  const mark = markOf(origin, platform);
  const open = (fd: number, path: string): void => {
    try {
      mark(fd, path);
    } catch {
      // This disk keeps no such marks.
    }
  };
  return {
    open,
    closed: (path, { atime, mtime }) => {
      try {
        const fd = openSync(path, 'r+');
        try {
          open(fd, path);
        } finally {
          closeSync(fd);
        }
        // A stream beside the content counts as a write of the file.
        if (platform === 'win32') utimesSync(path, atime, mtime);
      } catch {
        // Not ours to open any more: whoever names it finds out.
      }
    },
  };
}

function markOf(origin: string, platform: NodeJS.Platform): (fd: number, path: string) => void {
  if (platform === 'win32') {
    const text = `[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=${origin}\r\n`;
    return (_, path) => writeFileSync(`${path}:Zone.Identifier`, text);
  }
  if (platform === 'darwin') {
    const seconds = Math.floor(Date.now() / 1000).toString(16);
    const value = Buffer.from(`0081;${seconds};Potluck;${randomUUID().toUpperCase()}`);
    return (fd) => setAttrSync(fd, 'com.apple.quarantine', value);
  }
  const value = Buffer.from(origin);
  return (fd) => setAttrSync(fd, 'user.xdg.origin.url', value);
}
