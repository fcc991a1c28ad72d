// Which names and paths may travel at all, in an index, a link or a request: one rule for whoever writes them and whoever reads them. Pure text: how
// a name is spelled on a disk is the sidecar's (storage/safePath.ts). Sources: Syncthing's WindowsInvalidFilename, MS-FSCC device names.

/** What Linux, macOS and NTFS carry in one name, in UTF-8; a whole path; folders below each other. */
export const pathLimits = { nameBytes: 255, pathBytes: 4096, depth: 64 } as const;

const deviceName = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)$/i;
const drivePrefix = /^[a-z]:/i;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Why a name cannot be carried, or undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is a relative part';
  if (name.includes('/') || name.includes('\\')) return 'holds a path separator';
  if (name.includes('\0')) return 'holds a NUL character';
  if (drivePrefix.test(name)) return 'starts like a Windows drive';
  if (deviceName.test(name)) return 'is a Windows device';
  if (loneSurrogate.test(name)) return 'is not valid Unicode';
  if (Buffer.byteLength(name) > pathLimits.nameBytes) return `is longer than ${pathLimits.nameBytes} bytes`;
  return undefined;
}

/** As `nameProblem`, for names joined by `/`; `''` is not asked here. */
export function pathProblem(path: string): string | undefined {
  if (path.length > pathLimits.pathBytes || Buffer.byteLength(path) > pathLimits.pathBytes)
    return `is longer than ${pathLimits.pathBytes} bytes`;
  const names = path.split('/');
  if (names.length > pathLimits.depth) return `is deeper than ${pathLimits.depth} folders`;
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) return `has a part that ${problem}`;
  }
  return undefined;
}
