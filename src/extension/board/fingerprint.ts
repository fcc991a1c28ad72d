// A short stand-in for what a page was told, so that it is told again only what differs and nobody keeps the texts. Must not know `vscode`.

/**
 * 53 bits of a value's JSON (cyrb53 by bryc, public domain, without its seed). Two values that differ have the same one once in 10^15: then a
 * row is told with its next change.
 */
export function fingerprint(value: unknown): number {
  const text = JSON.stringify(value);
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
