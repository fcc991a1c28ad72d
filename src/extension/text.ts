// Every sentence a person reads goes through `t`, so that it can be translated (l10n/bundle.l10n.json). Must not know `vscode`:
// the extension hands `vscode.l10n.t` in, plain Node (tests) gets English.

type Translate = (message: string, ...args: (string | number)[]) => string;

let translate: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));
let locale: string | undefined;
let language = 'en';
/** Making a formatter takes as long as a hundred rows with it. One for each of the few ways in which this file asks. */
const formatters = new Map<string, Intl.NumberFormat>();

/** Called once, at activation. Both are BCP 47 tags: that of the editor, for numbers and plurals, and that of the sentences, where they are translated. */
export function setTranslator(translator: Translate, editorLanguage: string, sentences = 'en'): void {
  translate = translator;
  language = sentences;
  locale = Intl.NumberFormat.supportedLocalesOf([editorLanguage.replace('_', '-')])[0];
  formatters.clear();
}

/** What the sentences are in, for pages: a screen reader picks its voice by it. */
export function textLanguage(): string {
  return language;
}

/** The sentence in the user's language; `{0}`, `{1}` … stand for the arguments. The message must be a literal (a test collects them). */
export function t(message: string, ...args: (string | number)[]): string {
  return translate(message, ...args);
}

function formatNumber(value: number, way: string, options: Intl.NumberFormatOptions): string {
  let formatter = formatters.get(way);
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat(locale, options);
    formatters.set(way, formatter);
  }
  return formatter.format(value);
}

/** A whole number with the language's separators. */
export function formatCount(count: number): string {
  return formatNumber(count, 'whole', { maximumFractionDigits: 0 });
}

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as VS Code shows them: powers of 1024, three digits at most before the unit grows. */
export function formatBytes(sizeBytes: number): string {
  if (!Number.isFinite(sizeBytes) || sizeBytes < 0) return '?';
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${formatNumber(value, `${digits} digits`, { maximumFractionDigits: digits })} ${units[unit] ?? ''}`;
}

export function formatRate(bytesPerSecond: number): string {
  return t('{0}/s', formatBytes(bytesPerSecond));
}

export function formatPercent(part: number, whole: number): string {
  const share = whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
  // Floored: 100 % is said only when it is true.
  return formatNumber(Math.floor(share * 100) / 100, 'percent', { style: 'percent' });
}

export function formatFiles(count: number): string {
  return count === 1 ? t('1 file') : t('{0} files', formatCount(count));
}

export function formatFolders(count: number): string {
  return count === 1 ? t('1 folder') : t('{0} folders', formatCount(count));
}

export function formatPeers(count: number): string {
  return count === 1 ? t('1 peer') : t('{0} peers', formatCount(count));
}

export function formatParties(count: number): string {
  return count === 1 ? t('1 party') : t('{0} parties', formatCount(count));
}

export function formatShares(count: number): string {
  return count === 1 ? t('1 share') : t('{0} shares', formatCount(count));
}

/** "5 minutes ago", in the user's language. */
export function formatAgo(timeMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (seconds < 60) return t('just now');
  if (seconds < 3600) return format.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 86_400) return format.format(-Math.round(seconds / 3600), 'hour');
  if (seconds < 45 * 86_400) return format.format(-Math.round(seconds / 86_400), 'day');
  if (seconds < 365 * 86_400) return format.format(-Math.round(seconds / 2_629_800), 'month');
  return format.format(-Math.round(seconds / 31_557_600), 'year');
}

/** "45 sec", "3 min", "2 hr 10 min", in the user's language: how long something takes still, rounded up. */
export function formatDuration(seconds: number): string {
  const part = (value: number, unit: 'second' | 'minute' | 'hour' | 'day'): string =>
    formatNumber(value, unit, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 });
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return part(whole, 'second');
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return part(minutes, 'minute');
  if (minutes < 600 && minutes % 60 > 0) return `${part(Math.floor(minutes / 60), 'hour')} ${part(minutes % 60, 'minute')}`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? part(hours, 'hour') : part(Math.ceil(hours / 24), 'day');
}

/** "1 source", "4 sources". */
export function formatSources(count: number): string {
  return count === 1 ? t('1 source') : t('{0} sources', formatCount(count));
}
