// JSON (RFC 8259) from strangers, read strictly: bounded in size and depth, no name twice, no name that JavaScript gives a meaning to, and every
// value knows its line, so that an error can name it. Reads text only; what it means is for others.

import { AppError } from './errors.ts';

/** A value and where it begins, as an offset into the text. */
export type JsonNode =
  | { kind: 'string'; at: number; value: string }
  | { kind: 'number'; at: number; value: number }
  | { kind: 'boolean'; at: number; value: boolean }
  | { kind: 'null'; at: number }
  | { kind: 'list'; at: number; items: JsonNode[] }
  | { kind: 'object'; at: number; fields: Map<string, JsonNode> };

export interface JsonLimits {
  characters: number;
  depth: number;
  /** Values in all: each costs about 100 bytes. */
  values: number;
}

/** Names that mean something on every object: never looked up, never copied. */
const refusedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const space = /[ \t\r\n]*/y;
const quoteOrEscape = /["\\]/g;
const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const wordForm = /true|false|null/y;

/** Throws `invalid-argument` that names the line. Never recurses deeper than the limit, never goes back. */
export function readJson(text: string, limits: JsonLimits): JsonNode {
  if (text.length > limits.characters) {
    throw new AppError('too-large', `The text has ${text.length} characters; at most ${limits.characters} are read.`);
  }
  return new Reader(text, limits).all();
}

/** An error at a place of the text. */
export function wrongAt(text: string, at: number, problem: string): AppError {
  return new AppError('invalid-argument', `Line ${lineOf(text, at)}: ${problem}.`);
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line++;
  return line;
}

class Reader {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  all(): JsonNode {
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    this.#space();
    const node = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong('there is something after the end');
    return node;
  }

  #value(depth: number): JsonNode {
    if (depth > this.#limits.depth) throw this.#wrong(`lists and objects are nested deeper than ${this.#limits.depth}`);
    if (++this.#values > this.#limits.values) throw this.#wrong(`there are more than ${this.#limits.values} values`);
    const at = this.#at;
    switch (this.#text[at]) {
      case '{':
        return { kind: 'object', at, fields: this.#object(depth) };
      case '[':
        return { kind: 'list', at, items: this.#list(depth) };
      case '"':
        return { kind: 'string', at, value: this.#string() };
      case undefined:
        throw this.#wrong('the text ends too early');
      default:
        return this.#word(at);
    }
  }

  #word(at: number): JsonNode {
    const word = this.#match(wordForm);
    if (word === 'null') return { kind: 'null', at };
    if (word !== undefined) return { kind: 'boolean', at, value: word === 'true' };
    const number = this.#match(numberForm);
    if (number === undefined) throw this.#wrong('there is no value, or no JSON');
    return { kind: 'number', at, value: Number(number) };
  }

  /** To the next quote that is not escaped; what stands between them is JSON.parse's, which knows escapes and control characters. */
  #string(): string {
    const at = this.#at;
    quoteOrEscape.lastIndex = at + 1;
    for (let hit = quoteOrEscape.exec(this.#text); hit !== null; hit = quoteOrEscape.exec(this.#text)) {
      if (hit[0] === '\\') {
        quoteOrEscape.lastIndex = hit.index + 2;
        continue;
      }
      try {
        const value: unknown = JSON.parse(this.#text.slice(at, hit.index + 1));
        this.#at = hit.index + 1;
        if (typeof value === 'string') return value;
      } catch {
        // Told below: its reasons name places of their own.
      }
      break;
    }
    throw this.#wrong('a text is not closed, or holds a character that must be escaped');
  }

  #list(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    this.#space();
    if (this.#takes(']')) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#space();
      if (this.#takes(']')) return items;
      if (!this.#takes(',')) throw this.#wrong('a list is not closed, or lacks a comma');
      this.#space();
    }
  }

  #object(depth: number): Map<string, JsonNode> {
    const fields = new Map<string, JsonNode>();
    this.#at++;
    this.#space();
    if (this.#takes('}')) return fields;
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#wrong('the name of a field is missing');
      const at = this.#at;
      const name = this.#string();
      if (refusedNames.has(name)) throw wrongAt(this.#text, at, `the name ${name} is not allowed`);
      if (fields.has(name)) throw wrongAt(this.#text, at, `${JSON.stringify(name.slice(0, 100))} stands there twice`);
      this.#space();
      if (!this.#takes(':')) throw this.#wrong('a colon is missing');
      this.#space();
      fields.set(name, this.#value(depth + 1));
      this.#space();
      if (this.#takes('}')) return fields;
      if (!this.#takes(',')) throw this.#wrong('an object is not closed, or lacks a comma');
      this.#space();
    }
  }

  #space(): void {
    space.lastIndex = this.#at;
    space.test(this.#text);
    this.#at = space.lastIndex;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #wrong(problem: string): AppError {
    return wrongAt(this.#text, this.#at, problem);
  }
}
