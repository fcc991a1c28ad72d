// Rate limits as a person types and reads them. The sidecar takes bytes a second, 0 for none. Must not know `vscode`.

import { formatRate, t } from './text.ts';

/** The sidecar takes no lower limit than this (bytes a second): transfers would stall. */
export const leastRate = 16 * 1024;
const mostRate = 1024 ** 4;
const factors: Readonly<Record<string, number>> = { '': 1024, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** "500", "500 KB", "1.5 MB/s", "2m"; a bare number is KB a second; '' and 0 are no limit. Undefined for what is no rate. */
export function parseRate(text: string): number | undefined {
  const plain = text.trim().toLowerCase().replace(',', '.');
  if (plain === '') return 0;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(?:([kmg])i?b?|(b))?(?:\s*\/\s*s|ps)?$/.exec(plain);
  if (match === null) return undefined;
  const bytes = Math.round(Number(match[1]) * (factors[match[2] ?? match[3] ?? ''] ?? 1));
  return bytes === 0 || (bytes >= leastRate && bytes <= mostRate) ? bytes : undefined;
}

export function limitText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? t('no limit') : formatRate(bytesPerSecond);
}
