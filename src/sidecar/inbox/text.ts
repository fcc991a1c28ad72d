// The text of an offer, made safe to show: lines of plain text. What others write is never shown otherwise.

import { sendingLimits } from '../limits.ts';
import { displayName } from '../peers/names.ts';

export function safeLines(text: string): string {
  const lines = text
    .slice(0, 4 * sendingLimits.textCharacters)
    .split('\n', sendingLimits.textLines)
    .map((line) => displayName(line, sendingLimits.textCharacters))
    .join('\n');
  return Array.from(lines).slice(0, sendingLimits.textCharacters).join('').trim();
}
