// The place in a file's texts where a word was found, as one line for showing. Pure.

import type { DetailField } from '../../../protocol/model.ts';
import { fold } from './fold.ts';

const before = 30;
const longest = 120;

/** Around the first word that is found; undefined when none is. */
export function excerptOf(fields: Partial<Record<DetailField, string>>, words: readonly string[]): string | undefined {
  for (const text of Object.values(fields)) {
    const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
    const folded = fold(line);
    for (const word of words) {
      const at = folded.indexOf(fold(word));
      if (at < 0) continue;
      // Folding rarely changes lengths: an excerpt may be off by a character then.
      const from = at > before ? at - before : 0;
      const start = isLowSurrogate(line.charCodeAt(from)) ? from + 1 : from;
      const characters = [...line.slice(start)];
      const cut = characters.slice(0, longest).join('');
      return `${start > 0 ? '…' : ''}${cut}${characters.length > longest ? '…' : ''}`;
    }
  }
  return undefined;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
