// Sentences of the page, in the user's language: the host sends them, this keeps them.

import { fill } from '../sentences.ts';

let texts: Readonly<Record<string, string>> = {};

export function setTexts(given: Readonly<Record<string, string>>): void {
  texts = given;
}

/** The sentence that the host has under this name; `{0}` … stand for the arguments. */
export function text(name: string, ...args: (string | number)[]): string {
  return fill(Object.hasOwn(texts, name) ? (texts[name] ?? '') : '', ...args);
}
