// Codes on the terminal: one of ours with its QR symbol, and what one of somebody else says before anything is done with it.

import { qrTerminal } from '../client/qr.ts';
import type { CodeContents, OwnCode } from '../protocol/model.ts';
import { cell } from './cells.ts';
import type { Context } from './command.ts';
import { formatTime } from './format.ts';
import { untilText } from './words.ts';

/** Options of commands that print a code. */
export const codeOptions = {
  qr: { type: 'boolean', help: 'as a QR symbol too, to scan from the screen' },
  uri: { type: 'boolean', help: 'as a potluck: URI, which opens the editor, instead of text to paste' },
} as const;

/** Prints the code, alone on its line, and its QR symbol when asked for. */
export function showCode(code: OwnCode, context: Context): void {
  const { terminal } = context;
  terminal.line(context.has('uri') ? code.uri : code.text);
  if (!context.has('qr')) return;
  const symbol = qrTerminal(code.uri);
  const columns = symbolColumns(symbol);
  const room = terminal.stdout.columns;
  if (room !== undefined && room < columns)
    terminal.note(`The QR symbol needs ${columns} columns, the terminal has ${room}: widen it, and show the code again.`);
  else terminal.raw(symbol);
}

/** The symbol is blocks and colours only. */
function symbolColumns(symbol: string): number {
  const [first = ''] = symbol.split('\n', 1);
  return [...first].filter((character) => ' █▀▄'.includes(character)).length;
}

/** What accepting it would do, and all that it claims. What the code says itself is quoted. */
export function contentLines(contents: CodeContents): string[] {
  const { kind, peerId, name, derivedName, claimedName, isKnown, addresses, createdAtMs, expiresAtMs, isExpired } = contents;
  const who = isKnown ? `${cell(name).text}, whom you know` : derivedName;
  const claim = claimedName !== undefined && claimedName !== name ? `, says to be ${JSON.stringify(claimedName)}` : '';
  const facts: [string, string][] = [
    ['what', whatText(contents)],
    ['from', `${who}${claim}`],
    ['key', peerId],
    ...(kind === 'contact' ? [] : partyFacts(contents)),
    ['made', formatTime(createdAtMs)],
    ['valid', isExpired ? `no more, it ended ${formatTime(expiresAtMs)}` : untilText(expiresAtMs)],
    ['addresses', addresses.length === 0 ? 'none, it is looked up' : addresses.join(', ')],
  ];
  return facts.map(([what, text]) => `${what.padEnd(9)}  ${text}`);
}

/** What was asked of the user, as a question. */
export function questionOf({ kind, name }: CodeContents): string {
  if (kind === 'contact') return `Add ${name} and connect?`;
  if (kind === 'invite') return `Add ${name}, connect, and join the party when ${name} lets you in?`;
  return `Add ${name}, connect, and join the party?`;
}

function whatText({ kind, isOwn, isBlocked, isJoined, name }: CodeContents): string {
  if (isOwn) return 'your own code: give it to somebody else';
  if (isBlocked) return `the code of a peer that you blocked: "potluck unblock ${name}" first`;
  if (kind === 'contact') return 'a contact: adds the peer and connects to it; it sees what you share with everyone';
  if (kind === 'invite') return 'an invite: adds the peer, which lets you into its party as soon as it is here';
  return isJoined === true ? 'a party that you are in already, and a contact' : 'a party: joins it, adds the peer and connects';
}

function partyFacts(contents: CodeContents): [string, string][] {
  const party: [string, string] = ['party', partyText(contents)];
  if (contents.isJoined === true) return [party];
  return [party, ['shows', 'all its members what you share with everyone, and your network address']];
}

function partyText({ partyLabel, isPublicParty }: CodeContents): string {
  const label = partyLabel === undefined ? 'not named' : JSON.stringify(partyLabel);
  return isPublicParty === true ? `${label}; its name can be guessed, so anybody may be in it` : label;
}
