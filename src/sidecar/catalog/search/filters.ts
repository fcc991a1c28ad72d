// Sizes and times as people write them in a search. Pure.

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };
const amount = /^(\d{1,15})(?:[.](\d{1,6}))?\s*(?:([kmgtp]?)i?b?)$/i;

/**
 * `>10MB`, `>=1g`, `<500k`, `<=2.5m`, `1mb..5mb`, `..5mb`, `1mb..`, `10mb` (from 10 MB up to 11 MB, `1.5mb` up to 1.6). Units are powers
 * of 1024. Both ends included; undefined when it is none of these.
 */
export function parseSizes(value: string): { min: number; max: number } | undefined {
  const most = Number.MAX_SAFE_INTEGER;
  const compared = /^(>=|<=|>|<|=)(.*)$/.exec(value);
  if (compared !== null) {
    const size = parseAmount(compared[2] ?? '');
    if (size === undefined) return undefined;
    switch (compared[1]) {
      case '>':
        return { min: Math.floor(size.bytes) + 1, max: most };
      case '>=':
        return { min: Math.ceil(size.bytes), max: most };
      case '<':
        return { min: 0, max: Math.ceil(size.bytes) - 1 };
      case '<=':
        return { min: 0, max: Math.floor(size.bytes) };
      default:
        return { min: Math.ceil(size.bytes), max: Math.floor(size.bytes) };
    }
  }
  const range = value.split('..');
  if (range.length === 2) {
    const [low, high] = range;
    const min = low === '' ? 0 : parseAmount(low ?? '')?.bytes;
    const max = high === '' ? most : parseAmount(high ?? '')?.bytes;
    if (min === undefined || max === undefined || value === '..') return undefined;
    return { min: Math.ceil(min), max: Math.floor(max) };
  }
  const size = parseAmount(value);
  if (size === undefined) return undefined;
  return size.step <= 1
    ? { min: size.bytes, max: size.bytes }
    : { min: Math.ceil(size.bytes), max: Math.ceil(size.bytes + size.step) - 1 };
}

function parseAmount(text: string): { bytes: number; step: number } | undefined {
  const match = amount.exec(text.trim());
  if (match === null) return undefined;
  const unit = units[(match[3] ?? '').toLowerCase()] ?? 1;
  const decimals = match[2] ?? '';
  const bytes = Number(`${match[1]}.${decimals || '0'}`) * unit;
  return { bytes: Math.min(bytes, Number.MAX_SAFE_INTEGER), step: unit / 10 ** decimals.length };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const spans: Readonly<Record<string, number>> = {
  s: 1000,
  min: minuteMs,
  h: hourMs,
  d: dayMs,
  w: 7 * dayMs,
  mo: 30 * dayMs,
  y: 365 * dayMs,
};
const span = /^(\d{1,6})(s|min|h|d|w|mo|y)$/i;
const date = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2}):(\d{2}))?)?)?$/i;

/** The moment that `7d` (before now), `today`, `yesterday`, `2026`, `2026-01`, `2026-01-31` or `2026-01-31T14:30` (local time) names, in ms. */
export function parseTime(value: string, nowMs: number): number | undefined {
  const text = value.trim().toLowerCase();
  const now = new Date(nowMs);
  if (text === 'today') return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  if (text === 'yesterday') return new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime();
  const ago = span.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * (spans[(ago[2] ?? '').toLowerCase()] ?? 0);
  const on = date.exec(text);
  if (on === null) return undefined;
  const [year, month, day, hour, minute] = [1, 2, 3, 4, 5].map((part) => (on[part] === undefined ? undefined : Number(on[part])));
  const time = new Date(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0);
  const isReal =
    time.getFullYear() === year &&
    time.getMonth() === (month ?? 1) - 1 &&
    time.getDate() === (day ?? 1) &&
    time.getHours() === (hour ?? 0);
  return isReal ? time.getTime() : undefined;
}
