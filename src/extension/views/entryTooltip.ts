// What a file's tooltip says beyond name, size and time: its type and how it begins, as its owner says. Must not know `vscode`.

import type { EntryDetails } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { t } from '../text.ts';

const textLines = 4;

/** `known` is what the row says by itself. */
export function entryTooltip(known: string, { mime, fields }: EntryDetails): string {
  const lines = [known];
  if (mime !== undefined) lines.push(t('Type: {0}', displayName(mime)));
  const { text, ...others } = fields;
  for (const value of Object.values(others)) lines.push(longDisplayName(value));
  const begins = text?.split('\n').filter((line) => line.trim() !== '') ?? [];
  if (begins.length > 0) lines.push('', ...begins.slice(0, textLines).map((line) => displayName(line)));
  return lines.join('\n');
}
