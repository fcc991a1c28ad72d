// The order in which trees are walked and compared: each folder before its content, folders before files, names by their UTF-8 bytes. The same as an
// index has, so that two trees are compared in one pass over each.

/** A place in a tree. */
export interface Place {
  path: string;
  isFolder: boolean;
}

const slash = 0x2f;

/** Below 0 when `one` comes first, above when `other` does, 0 for the same path and kind. */
export function compareOrder(one: Place, other: Place): number {
  const [a, b] = [one.path, other.path];
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length && at === b.length) return Number(other.isFolder) - Number(one.isFolder);
  // One is in the other's folder.
  if (at === a.length && b.charCodeAt(at) === slash) return one.isFolder ? -1 : 1;
  if (at === b.length && a.charCodeAt(at) === slash) return other.isFolder ? 1 : -1;
  const isFolderA = one.isFolder || a.includes('/', at);
  const isFolderB = other.isFolder || b.includes('/', at);
  if (isFolderA !== isFolderB) return isFolderA ? -1 : 1;
  return unitAt(a, at) - unitAt(b, at);
}

/** A UTF-16 unit by its place in the order of UTF-8: surrogates stand for what is above all others. The end of a name is below all. */
function unitAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (Number.isNaN(unit) || unit === slash) return -1;
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
