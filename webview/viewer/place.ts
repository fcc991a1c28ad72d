// What a person types to go somewhere, read: a line, an offset, a part of the file.

export type Place = { line: number } | { offset: number };

/** `1200`, `-50` (lines of a text), `4096`, `0x1000` (offsets of bytes), `75%`. Undefined when it is none of them. */
export function parsePlace(text: string, kind: 'text' | 'hex', sizeBytes: number): Place | undefined {
  const words = text.trim().replace(/[\s_'](?=\d)/g, '');
  const percent = /^(\d{1,3}(?:[.,]\d+)?)\s*%$/.exec(words)?.[1];
  if (percent !== undefined) {
    const part = Number(percent.replace(',', '.')) / 100;
    return part <= 1 ? { offset: Math.min(Math.floor(sizeBytes * part), Math.max(0, sizeBytes - 1)) } : undefined;
  }
  const hex = /^0x([0-9a-f]{1,13})$/i.exec(words)?.[1];
  const number = hex === undefined ? (/^-?\d{1,15}$/.test(words) ? Number(words) : undefined) : Number.parseInt(hex, 16);
  if (number === undefined) return undefined;
  if (kind === 'text' && hex === undefined) return number === 0 ? undefined : { line: number };
  const offset = number < 0 ? sizeBytes + number : number;
  return offset >= 0 && offset < sizeBytes ? { offset } : undefined;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function sizeText(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1024;
  const digits = unit === 0 || value >= 99.95 ? 0 : unit >= 3 ? 2 : 1;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${units[unit] ?? ''}`;
}

/** `{0}` … filled. */
export function filled(text: string, ...values: (string | number)[]): string {
  return text.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
