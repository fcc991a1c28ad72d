// Holds the arrow table of ARCHITECTURE.md and a few habits by reading the sources as text: which part may import which, who alone may
// import a package, how long a file may be. It knows nothing of what the code does.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const maxLines = 400;

/**
 * Part (a folder of src, or of src/sidecar) to the parts that it may import. Every part may import itself.
 * `sidecar` stands for the files that lie directly in src/sidecar and that all its parts use: limits, log, workerUrl.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  types: [],
  client: ['protocol'],
  cli: ['client', 'protocol'],
  extension: ['client', 'protocol'],
  sidecar: ['protocol'],
  'sidecar/storage': ['protocol', 'sidecar'],
  'sidecar/wire': ['protocol', 'sidecar', 'sidecar/storage'],
  'sidecar/network': ['protocol', 'sidecar', 'sidecar/storage'],
  'sidecar/parties': serviceArrows(),
  'sidecar/peers': serviceArrows(),
  'sidecar/shares': serviceArrows(),
  'sidecar/catalog': serviceArrows(),
  'sidecar/transfers': serviceArrows(),
  'sidecar/api': [
    ...serviceArrows(),
    'sidecar/parties',
    'sidecar/peers',
    'sidecar/shares',
    'sidecar/catalog',
    'sidecar/transfers',
  ],
};

/** The services speak of each other through interfaces that node.ts joins; what they share lies below them. */
function serviceArrows(): string[] {
  return ['protocol', 'sidecar', 'sidecar/storage', 'sidecar/wire'];
}

/** The composition root and what starts it: they may import every part of the sidecar, and nothing imports them. */
const topFiles = new Set(['src/sidecar/main.ts', 'src/sidecar/node.ts']);

/** Packages and built-in modules that only some paths may import. */
const onlyIn: readonly { module: RegExp; where: RegExp }[] = [
  { module: /^vscode$/, where: /^src\/extension\// },
  { module: /^(hyperswarm|hyperdht)(\/|$)/, where: /^src\/sidecar\/network\// },
  { module: /^(node:)?sqlite$/, where: /^src\/sidecar\/storage\/database\.ts$/ },
  { module: /^(node:)?(http|https|http2)$/, where: /^$/ },
];

const unnamedFolders = new Set(['utils', 'util', 'helpers', 'common', 'manager', 'base', 'misc']);

interface Source {
  /** Relative to the project, with `/`. */
  file: string;
  text: string;
  imports: { specifier: string; isTypeOnly: boolean }[];
}

const sources = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => readSource(path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')));

function readSource(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8');
  const imports: Source['imports'] = [];
  const from = /^\s*(?:import|export)\s+(type\s)?[^'";]*?\bfrom\s+'([^']+)'/gm;
  const bare = /^\s*import\s+'([^']+)'/gm;
  const called = /\b(?:import|require)\(\s*'([^']+)'\s*\)/g;
  for (const match of text.matchAll(from)) imports.push({ specifier: match[2] ?? '', isTypeOnly: match[1] !== undefined });
  for (const match of text.matchAll(bare)) imports.push({ specifier: match[1] ?? '', isTypeOnly: false });
  for (const match of text.matchAll(called)) imports.push({ specifier: match[1] ?? '', isTypeOnly: false });
  return { file, text, imports };
}

/** `src/sidecar/wire/codec.ts` is of part `sidecar/wire`, `src/sidecar/limits.ts` of `sidecar`, `src/cli/main.ts` of `cli`. */
function partOf(file: string): string {
  const [, top = '', second = '', third] = file.split('/');
  return top === 'sidecar' && third !== undefined ? `sidecar/${second}` : top;
}

function importedFile(source: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(source.file), specifier);
}

/** Code without comments, strings left alone: enough to look for words that must not stand there. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

test('imports between the parts go only along the arrows', () => {
  const wrong: string[] = [];
  for (const source of sources) {
    if (topFiles.has(source.file)) continue;
    const part = partOf(source.file);
    const allowed = arrows[part];
    if (allowed === undefined) {
      wrong.push(`${source.file}: the folder ${part} is in no arrow; add it to the table here and to ARCHITECTURE.md`);
      continue;
    }
    for (const { specifier } of source.imports) {
      const target = importedFile(source, specifier);
      if (target === undefined || /\.json$/.test(target)) continue;
      if (topFiles.has(target)) wrong.push(`${source.file} imports ${target}, which is above every part`);
      else if (partOf(target) !== part && !allowed.includes(partOf(target)))
        wrong.push(`${source.file} imports ${target}: no arrow from ${part} to ${partOf(target)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the table of arrows has no circle', () => {
  const visit = (part: string, above: string[]): void => {
    assert.ok(!above.includes(part), `circle: ${[...above, part].join(' -> ')}`);
    for (const below of arrows[part] ?? []) visit(below, [...above, part]);
  };
  for (const part of Object.keys(arrows)) visit(part, []);
});

test('a module that one part owns is imported nowhere else', () => {
  const wrong: string[] = [];
  for (const source of sources)
    for (const { specifier } of source.imports)
      for (const rule of onlyIn)
        if (rule.module.test(specifier) && !rule.where.test(source.file)) wrong.push(`${source.file} imports ${specifier}`);
  assert.deepEqual(wrong, []);
});

test('the sidecar runs without devDependencies: it imports only built-ins and dependencies', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const wrong: string[] = [];
  for (const source of sources.filter(({ file }) => !file.startsWith('src/types/')))
    for (const { specifier, isTypeOnly } of source.imports) {
      if (isTypeOnly || specifier.startsWith('.') || specifier.startsWith('node:') || specifier === 'vscode') continue;
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      if (manifest.dependencies[name] === undefined)
        wrong.push(`${source.file} imports ${specifier}, which is not in dependencies (built-ins: with node:)`);
    }
  assert.deepEqual(wrong, []);
});

test(`no source file is longer than ${maxLines} lines`, () => {
  const long = sources.filter(({ text }) => text.split('\n').length > maxLines + 1).map(({ file }) => file);
  assert.deepEqual(long, []);
});

test('every source file opens with a comment that says what it is for', () => {
  const silent = sources.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*)/.test(text)).map(({ file }) => file);
  assert.deepEqual(silent, []);
});

test('no folder has a name that says nothing', () => {
  const wrong = sources.filter(({ file }) => file.split('/').some((name) => unnamedFolders.has(name))).map(({ file }) => file);
  assert.deepEqual(wrong, []);
});

test('no enum, no console, no any, no check switched off', () => {
  const forbidden = /^\s*(export\s+)?(const\s+)?enum\s|\bconsole\.|:\s*any\b|\bas any\b|@ts-(ignore|nocheck)/m;
  const wrong: string[] = [];
  for (const { file, text } of sources) {
    if (file.startsWith('src/types/')) continue;
    const found = /@ts-(ignore|nocheck)/.exec(text) ?? forbidden.exec(withoutComments(text));
    if (found) wrong.push(`${file}: ${found[0].trim()}`);
  }
  assert.deepEqual(wrong, []);
});
