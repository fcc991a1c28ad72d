// How names and queries are made comparable: one folding for both. Pure.

/** Lower case, composed (NFC); both Greek small sigmas are one, since which one `toLowerCase` gives depends on what follows. */
export function fold(text: string): string {
  if (isPlainAscii(text)) return text.toLowerCase();
  return text.normalize('NFC').toLowerCase().normalize('NFC').replaceAll('ς', 'σ');
}

/** Where `folded` text of `[start, end)` lies in the text it was folded from, as UTF-16 offsets. */
export function unfoldRange(text: string, start: number, end: number): [number, number] {
  if (isPlainAscii(text)) return [start, end];
  // Character by character (with what combines with it): how long each becomes.
  let folded = 0;
  let from: number | undefined;
  characters ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  for (const { index, segment } of characters.segment(text)) {
    const length = fold(segment).length;
    if (from === undefined && start < folded + length) from = index;
    folded += length;
    if (from !== undefined && end <= folded) return [from, index + segment.length];
  }
  return [from ?? text.length, text.length];
}

/** Made when it is needed: it loads megabytes. */
let characters: Intl.Segmenter | undefined;

function isPlainAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}
