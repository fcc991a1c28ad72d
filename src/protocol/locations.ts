// Where a sidecar and its clients meet on this machine: the data folder, and in it the socket and the token.

import { createHash } from 'node:crypto';
import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** Longest path of a Unix domain socket: sun_path is 108 bytes on Linux, 104 on macOS, one of them the terminating NUL. */
const maxSocketPathBytes = 103;

/** The folder with everything the sidecar keeps. `POTLUCK_HOME` (absolute) goes before the platform's own place. */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['POTLUCK_HOME']) return path.resolve(env['POTLUCK_HOME']);
  if (process.platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(homedir(), 'AppData', 'Local'), 'Potluck');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'Potluck');
  return path.join(env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local', 'share'), 'potluck');
}

/** Mode 0700; holds the socket (where its path is short enough) and the token. */
export function runFolder(dataFolder: string): string {
  return path.join(dataFolder, 'run');
}

/** Mode 0600; 64 hex characters, new at every start of the sidecar. */
export function tokenFile(dataFolder: string): string {
  return path.join(runFolder(dataFolder), 'token');
}

/** Socket or pipe of the sidecar of this data folder. A folder too deep for a socket gets one in a private folder under the system's. */
export function socketPath(dataFolder: string): string {
  const id = createHash('sha256').update(path.resolve(dataFolder)).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\potluck-${userInfo().username}-${id}`;
  const inside = path.join(runFolder(dataFolder), 'sidecar.sock');
  if (Buffer.byteLength(inside) <= maxSocketPathBytes) return inside;
  return path.join(tmpdir(), `potluck-${userInfo().uid}-${id}`, 'sidecar.sock');
}
