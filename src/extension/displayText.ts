// Names that others chose (files, titles, nicknames) made safe to show: no control, bidi or invisible characters, no icons, no links,
// bounded length. For eyes only: what identifies a thing is never passed through here. Must not know `vscode`.

import type { PartyInfo } from '../protocol/model.ts';

/** A party, as far as it is named. */
type PartyTitle = Pick<PartyInfo, 'name' | 'label' | 'isAmbiguous'>;

/** Longest name shown in one row; the whole one stands in the tooltip up to `longNameCharacters`. */
const nameCharacters = 120;
const longNameCharacters = 1024;

// Letters of scripts that write with joiners: there, and inside emoji, a joiner is not a disguise.
const joining = String.raw`[\p{sc=Arabic}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}\p{M}]`;
const emoji = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]`;
// Controls (C0, C1), soft hyphen, Arabic letter mark, Hangul fillers, zero-width and directional marks, line and paragraph separators,
// bidi embeddings, overrides and isolates, invisible operators, BOM, annotation anchors, tags, lone surrogates.
const unsafe = new RegExp(
  String.raw`[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}\ud800-\udfff]` +
    String.raw`|(?<!${joining})\u200c|\u200c(?!${joining})` +
    String.raw`|(?<!${joining}|${emoji})\u200d|\u200d(?!${joining}|${emoji})`,
  'gu',
);

function visibleCode(character: string): string {
  const code = character.codePointAt(0) ?? 0xfffd;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code); // ␀ … ␟, the control pictures
  if (code === 0x7f) return '␡';
  return `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** One line of visible characters. Never throws, never empty. */
export function displayName(name: string, maxCharacters = nameCharacters): string {
  // Cut before replacing as well, so that a name of megabytes costs nothing.
  const visible = name.slice(0, maxCharacters * 4).replace(unsafe, visibleCode);
  const characters = Array.from(visible);
  const isCut = characters.length > maxCharacters || name.length > maxCharacters * 4;
  const text = isCut ? `${characters.slice(0, maxCharacters - 1).join('')}…` : visible;
  return text.trim() === '' ? '⟨ ⟩' : text;
}

/** For tooltips: as `displayName`, with more room. */
export function longDisplayName(name: string): string {
  return displayName(name, longNameCharacters);
}

/** For places that draw `$(icon)`: quick picks and the status bar. VS Code takes a backslash before it as "not an icon". */
export function iconSafeName(name: string): string {
  return displayName(name).replace(/\\?\$\(/g, '\\$(');
}

/** For notifications, where VS Code turns `[text](https: or command:)` into links: the bracket pair is split. */
export function messageName(name: string, maxCharacters = nameCharacters): string {
  return displayName(name, maxCharacters).replace(/\]\(/g, '] (');
}

/** Whether the name shown differs from the real one in more than its length. */
export function hasHiddenCharacters(name: string): boolean {
  unsafe.lastIndex = 0;
  return unsafe.test(name);
}

/** What a party is called here: its label, with the name where another one is called much the same; of one without a label, the name. */
export function partyLabel({ name, label, isAmbiguous }: PartyTitle): string {
  if (label === undefined) return shortPartyName(name);
  return isAmbiguous === true ? `${displayName(label)} (${shortPartyName(name)})` : displayName(label);
}

/**
 * A random party name (26 z-base-32 characters; those of closed ones have more around them) is a secret like a password: rows and pickers show only
 * how it begins.
 */
export function shortPartyName(name: string): string {
  const closed = /^closed-([ybndrfg8ejkmcpqxot1uwisza345h769]{4})[ybndrfg8ejkmcpqxot1uwisza345h769]{22}-/.exec(name);
  if (closed !== null) return `${closed[1] ?? ''}…`;
  return /^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/.test(name) ? `${name.slice(0, 4)}…` : displayName(name);
}
