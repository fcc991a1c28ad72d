// How a text begins, as it is shown and found: plain characters, a few hundred of them. Pure.

import { detailLimits } from '../../limits.ts';
import { isText, isTextType, wholeCharacters } from './fileType.ts';

/** Undefined for what is no text. */
export function previewOf(head: Uint8Array, mime: string, { isWhole }: { isWhole: boolean }): string | undefined {
  if (!isTextType(mime) || !isText(head, { isWhole })) return undefined;
  const bytes = head.length > detailLimits.previewBytes ? head.subarray(0, detailLimits.previewBytes) : head;
  const text = Buffer.from(isWhole && bytes === head ? bytes : wholeCharacters(bytes))
    .toString()
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, ' ')
    .trim();
  return text === '' ? undefined : text;
}
