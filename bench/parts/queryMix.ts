// The queries that search is measured with: what people type on their way to a file, drawn from a tree's own names with a seed.

import { generateTree } from './generatedTree.ts';
import { seededRandom } from './report.ts';

export interface MixedQuery {
  kind: 'one letter' | 'two letters' | 'three letters' | 'part of a word' | 'words' | 'folder and name' | 'no match' | 'typo';
  text: string;
}

/** `each` queries of every kind for the tree of these options. */
export function queryMix(tree: { files: number; seed: number }, each: number): MixedQuery[] {
  const random = seededRandom(99);
  const paths = samplePaths(tree, each * 8);
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const anyPath = (): string => paths[Math.floor(random() * paths.length)] ?? '';
  const wordsOf = (text: string): string[] => text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).filter(({ length }) => length >= 4);
  const word = (): string => {
    for (;;) {
      const words = wordsOf(anyPath());
      const found = words[Math.floor(random() * words.length)];
      if (found !== undefined) return found.toLowerCase();
    }
  };
  const part = (text: string, length: number): string => {
    const start = Math.floor(random() * Math.max(1, text.length - length + 1));
    return text.slice(start, start + length);
  };
  const letter = (): string => letters.charAt(Math.floor(random() * letters.length));
  const make: Record<MixedQuery['kind'], (at: number) => string> = {
    'one letter': (at) => letters.charAt(at % letters.length),
    'two letters': () => part(word(), 2),
    'three letters': () => part(word(), 3),
    'part of a word': () => part(word(), 5),
    words: () => `${word()} ${word()}`,
    'folder and name': () => {
      const parts = anyPath().split('/');
      return `${(parts.at(-2) ?? 'work').slice(0, 6).trim()} ${(wordsOf(parts.at(-1) ?? '')[0] ?? 'read').slice(0, 5)}`.toLowerCase();
    },
    'no match': () => `${letter()}q${letter()}xj${letter()}${letter()}`,
    typo: () => {
      const right = word();
      const at = 1 + Math.floor(random() * (right.length - 2));
      return right.slice(0, at) + letter() + right.slice(at + 1);
    },
  };
  return (Object.keys(make) as MixedQuery['kind'][]).flatMap((kind) =>
    Array.from({ length: each }, (_, at) => ({ kind, text: make[kind](at) })),
  );
}

/** Whole paths of files, spread over the tree. */
function samplePaths(tree: { files: number; seed: number }, count: number): string[] {
  const every = Math.max(1, Math.floor(tree.files / count));
  const paths: string[] = [];
  let seen = 0;
  generateTree(tree, (at, { files }) => {
    for (const { name } of files) if (seen++ % every === 0) paths.push(`${at}/${name}`);
  });
  return paths;
}
