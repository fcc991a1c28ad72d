// What nearly equal means, in plain code: for the few entries that no search file has. The kernel does the same for the others (scanEdits,
// scanInOrder). Both work on folded UTF-8, so that an edit is one of a byte: exact for ASCII, mostly right beyond.

import { wordsIn } from './kernel.ts';

/** Whether a word in `text` has a part that becomes the term with one byte more, less or another, or with two neighbours swapped. */
export function holdsNear(text: string, term: string): boolean {
  const wanted = Buffer.from(term);
  return wordsIn(Buffer.from(text)).some((word) => {
    for (let start = 0; start < word.length; start++) if (beginsNear(word, start, wanted)) return true;
    return false;
  });
}

/** Whether the bytes of the term come in `text` in this order. */
export function holdsInOrder(text: string, term: string): boolean {
  const wanted = Buffer.from(term);
  let met = 0;
  for (const byte of Buffer.from(text)) if (byte === wanted[met]) met++;
  return met === wanted.length;
}

function beginsNear(word: Buffer, start: number, term: Buffer): boolean {
  let same = 0;
  while (same < term.length && word[start + same] === term[same]) same++;
  if (same >= term.length - 1) return true;
  const at = start + same;
  const goesOn = (from: number, rest: number): boolean =>
    term.subarray(rest).every((byte, offset) => word[from + offset] === byte);
  return (
    goesOn(at, same + 1) ||
    (at < word.length && (goesOn(at + 1, same + 1) || goesOn(at + 1, same))) ||
    (word[at] === term[same + 1] && word[at + 1] === term[same] && goesOn(at + 2, same + 2))
  );
}
