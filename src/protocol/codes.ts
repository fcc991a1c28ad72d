// Codes as text: what people paste, scan and click. Finds the bytes in it and tells a mistyped code from something else; what the bytes say, and
// whether they are signed, is the sidecar's matter (src/sidecar/invites/code.ts).

import { createHash } from 'node:crypto';
import { AppError } from './errors.ts';
import type { OwnCode } from './meeting.ts';

/** A code as pasted: key, signature, 8 addresses and a party's name are under 1,500 characters; more is not looked at. */
export const maxCodeCharacters = 2048;

const checksumBytes = 4;
/** No code has less than a key and a signature, none more than fits the characters. */
const leastBytes = 96;

/** z-base-32 (Zooko, 2009): no `0`, `2`, `l`, `v`, which are mistaken for others. */
const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const valueOf: ReadonlyMap<string, number> = new Map([...alphabet].map((character, value) => [character, value]));

const deepLinkForm = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9_.-]+\/code\/?#(.*)$/is;
const plainForms = [/^potluck:(?!\/)(.*)$/is, /^potluck-(.*)$/is];
const keyForm = /^(?:potluck:\/\/)?[ybndrfg8ejkmcpqxot1uwisza345h769]{52}\/?$/i;

/** Both written forms of a code's bytes, a checksum before them. */
export function codeForms(bytes: Uint8Array): OwnCode {
  const characters = encode(Buffer.concat([checksumOf(bytes), bytes]));
  return { text: `potluck-${characters}`, uri: `potluck:${characters}` };
}

/**
 * A link that the editor with this URI scheme (`vscode`, `vscodium`, …) opens with this extension (`publisher.name`). The code stands in the fragment, which
 * no server is sent.
 */
export function deepLinkOf(code: OwnCode, target: { uriScheme: string; extensionId: string }): string {
  return `${target.uriScheme}://${target.extensionId}/code#${code.uri.slice('potluck:'.length)}`;
}

/**
 * The bytes of a code in any of its forms; white space, line breaks and hyphens in it do not matter, nor does the case. Throws `invalid-argument`
 * that says what is wrong: too long, not a code, damaged.
 */
export function findCode(text: string): Uint8Array {
  if (text.length > maxCodeCharacters) throw wrong(`A code has at most ${maxCodeCharacters} characters. Copy the code alone.`);
  const trimmed = text.trim();
  const written = writtenIn(trimmed);
  if (written === undefined) throw notACode(trimmed);
  const decoded = decode(written.replace(/[\s-]+/g, '').toLowerCase());
  if (decoded.length < checksumBytes + leastBytes)
    throw wrong('The code is not whole. Copy it again, from its first to its last character.');
  const bytes = decoded.subarray(checksumBytes);
  if (!checksumOf(bytes).equals(decoded.subarray(0, checksumBytes))) throw damaged();
  return bytes;
}

function writtenIn(trimmed: string): string | undefined {
  for (const form of [deepLinkForm, ...plainForms]) {
    const found = form.exec(trimmed)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function notACode(trimmed: string): AppError {
  if (trimmed === '') return wrong('There is no code. Paste one: it begins with potluck-.');
  if (keyForm.test(trimmed)) return wrong('That is the key of a peer, not a code. Connect to the peer by its key instead.');
  if (/^potluck:\/\//i.test(trimmed)) return wrong('That link names a file or folder; it is no code.');
  return wrong('That is not a code. A code begins with potluck-, or is a link that carries one.');
}

function checksumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);
}

function encode(bytes: Uint8Array): string {
  let [text, value, bits] = ['', 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((value >> (bits - 5)) & 31);
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text;
}

/** Only what `encode` writes: every byte string has one spelling, so that no change of a character goes unnoticed. */
function decode(characters: string): Buffer {
  const bytes = Buffer.alloc(Math.floor((characters.length * 5) / 8));
  let [at, value, bits] = [0, 0, 0];
  for (const character of characters) {
    const digit = valueOf.get(character);
    if (digit === undefined) throw noDigit();
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 0xff;
  }
  if (bits >= 5 || (value & ((1 << bits) - 1)) !== 0) throw damaged();
  return bytes;
}

function damaged(): AppError {
  return wrong('The code is damaged: a character of it is wrong or missing. Copy it again, whole.');
}

function noDigit(): AppError {
  return wrong('The code is damaged: there is a character in it that no code has. Copy it again, alone and whole.');
}

function wrong(message: string): AppError {
  return new AppError('invalid-argument', message);
}
