// Numbers, sizes, times and states as people read them. Pure.

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** Powers of 1024 and at most three digits, as VS Code and our views there show sizes: `999 B`, `1.5 KB`, `12 MB`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (unit < units.length - 1 && Math.round(unit === 0 ? value : value * 10) >= (unit === 0 ? 1000 : 9995)) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `1,234`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 file`, `2,000 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Local time, `2026-11-21 04:15`; `-` for none, or one that no calendar holds. */
export function formatTime(timeMs: number | undefined): string {
  if (timeMs === undefined) return '-';
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return '-';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 120 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Milliseconds of `30m`, `12h`, `1d`, `2 weeks`. Undefined when it is no such thing, or none at all. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)$/i.exec(text.trim());
  if (!match) return undefined;
  const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }[(match[2] ?? '').charAt(0).toLowerCase()] ?? 0;
  const ms = Math.round(Number(match[1]) * unitMs);
  return ms > 0 && Number.isSafeInteger(ms) ? ms : undefined;
}

/** `42 %`; nothing to do counts as done. */
export function formatPercent(done: number, total: number): string {
  const ratio = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
  return `${Math.floor(ratio * 100)} %`;
}

/** `1.5 MB/s`; `-` for nothing. */
export function formatRate(bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? `${formatSize(bytesPerSecond)}/s` : '-';
}

/** `none` for 0. */
export function limitText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? 'none' : formatRate(bytesPerSecond);
}

/** `1st`, `2nd`, `13th`. */
export function ordinal(place: number): string {
  const ending = new Map([
    ['one', 'st'],
    ['two', 'nd'],
    ['few', 'rd'],
  ]).get(ordinals.select(place));
  return `${formatCount(place)}${ending ?? 'th'}`;
}

const ordinals = new Intl.PluralRules('en-US', { type: 'ordinal' });

/** Bytes of `500k`, `2M`, `1.5 MB/s`, `0`: powers of 1024, as `formatSize` shows them. Undefined when it is no such thing. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*([kmgt]?)(?:i?b)?(?:\/s)?$/i.exec(text.trim());
  if (!match) return undefined;
  const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase());
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
