// Text from peers and disks made safe for a terminal, and how many columns it takes there. Knows no command.

// Cc, Cf (bidi, zero-width, tags), Co, Cs, Cn, line and paragraph separators, blank letters and variation selectors.
const unsafe =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line of text in which what a terminal would act on or hide is spelled out: `\n`, `\x1b`, `\u202e`, `\u{e0041}`. */
export function safeText(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escapeOf(character));
}

/** As `safeText`, keeping the line breaks of our own messages. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}

/** JSON on one line, or indented; characters that a terminal would act on are escaped, which changes nothing for a parser. */
export function safeJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replace(unsafe, (character) =>
    character === '\n'
      ? character // Only from the indentation: those inside strings are escaped already.
      : Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(''),
  );
}

function escapeOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point <= 0xff) return `\\x${hex(point, 2)}`;
  return point <= 0xffff ? `\\u${hex(point, 4)}` : `\\u{${hex(point, 1)}}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

const mark = /^\p{M}$/u;
// The wide and full-width ranges of UAX #11 that names meet: Hangul, CJK, kana, full-width forms, emoji.
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** Columns of safe text in a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character >= ' ' && character <= '~') width += 1;
    else if (!mark.test(character)) width += wide.test(character) ? 2 : 1;
  }
  return width;
}

/** Safe text cut to so many columns, with `…` where something is missing. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
