// The order of names and paths in an index: by the bytes of their UTF-8, compared without making those bytes.

/** Below 0, 0 or above 0, as the UTF-8 bytes compare. */
export function compareNames(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  for (let at = 0; at < most; at++) {
    const difference = rank(one.charCodeAt(at)) - rank(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** As `compareNames`, name by name: a folder comes right before what is below it. */
export function comparePaths(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  for (let at = 0; at < most; at++) {
    const first = one.charCodeAt(at);
    const second = other.charCodeAt(at);
    if (first === second) continue;
    // The separator ends a name, and an end is below everything.
    return (first === slash ? -1 : rank(first)) - (second === slash ? -1 : rank(second));
  }
  return one.length - other.length;
}

const slash = 0x2f;

/** UTF-16 surrogates stand for characters above all others, though their numbers are below U+E000. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
