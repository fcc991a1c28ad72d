// Holds the arrow table of ARCHITECTURE.md and a few habits by reading the sources as text: which part may import which, who alone may
// import a package, how long a file may be. It knows nothing of what the code does.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const maxLines = 400;

/** Files directly in src/sidecar that every part of it uses. The others there are above all parts: they put the sidecar together. */
const foundation = new Set(['limits.ts', 'log.ts', 'workerUrl.ts']);

/** What the services of the sidecar stand on. */
const floor = ['protocol', 'sidecar/foundation', 'sidecar/storage', 'sidecar/wire'];
const services = [
  'sidecar/parties',
  'sidecar/invites',
  'sidecar/access',
  'sidecar/peers',
  'sidecar/shares',
  'sidecar/catalog',
  'sidecar/transfers',
  'sidecar/compare',
  'sidecar/inbox',
  'sidecar/links',
];

/**
 * Part (a folder of src, or of src/sidecar) to the parts that it may import. Every part may import itself. Types alone may be imported
 * from one service to another: node.ts gives them to each other.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  types: [],
  client: ['protocol'],
  cli: ['client', 'protocol'],
  extension: ['client', 'protocol'],
  // A page knows its host by messages, and nothing else of the product.
  webview: [],
  'sidecar/foundation': ['protocol'],
  'sidecar/storage': ['protocol', 'sidecar/foundation'],
  'sidecar/wire': ['protocol', 'sidecar/foundation', 'sidecar/storage'],
  'sidecar/network': ['protocol', 'sidecar/foundation', 'sidecar/storage'],
  'sidecar/parties': floor,
  'sidecar/invites': floor,
  'sidecar/access': floor,
  'sidecar/peers': floor,
  'sidecar/catalog': floor,
  'sidecar/shares': [...floor, 'sidecar/catalog'],
  'sidecar/transfers': floor,
  'sidecar/links': floor,
  'sidecar/compare': [...floor, 'sidecar/catalog'],
  'sidecar/inbox': [...floor, 'sidecar/peers', 'sidecar/shares', 'sidecar/catalog'],
  'sidecar/api': [...floor, ...services],
  'sidecar/top': [...floor, ...services, 'sidecar/api', 'sidecar/network'],
};

/** Single files that an arrow leads to where the folder has none, with the reason. */
const exceptions: readonly { from: string; to: string; why: string }[] = [
  { from: 'sidecar/parties', to: 'src/sidecar/network/partyProof.ts', why: 'derivations from a name, no network' },
  ...['board', 'linkPage', 'viewer'].map((name) => ({
    from: 'webview',
    to: `src/protocol/${name}.ts`,
    why: 'the messages of a page',
  })),
];

/** Packages and built-in modules that only some paths may import. */
const onlyIn: readonly { module: RegExp; where: RegExp }[] = [
  { module: /^vscode$/, where: /^src\/extension\// },
  { module: /^(hyperswarm|hyperdht)(\/|$)/, where: /^src\/sidecar\/network\// },
  { module: /^(node:)?sqlite$/, where: /^src\/sidecar\/storage\/(database|lock)\.ts$/ },
  { module: /^(node:)?(http|https|http2)$/, where: /^$/ },
  { module: /^@vscode\/webview-ui-toolkit/, where: /^webview\/board\/toolkit\.ts$/ },
];

const unnamedFolders = new Set(['utils', 'util', 'helpers', 'common', 'manager', 'base', 'misc']);

interface Source {
  /** Relative to the project, with `/`. */
  file: string;
  text: string;
  imports: { specifier: string; isTypeOnly: boolean }[];
}

const sources = ['src', 'webview']
  .flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => readSource(path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/')));

/** All but the ambient declarations of packages. */
const code = sources.filter(({ file }) => !file.startsWith('src/types/'));

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

/** `src/sidecar/wire/codec.ts` is of part `sidecar/wire`, `src/sidecar/node.ts` of `sidecar/top`, `src/cli/main.ts` of `cli`, `webview/link/main.ts` of `webview`. */
function partOf(file: string): string {
  const [outer, top = '', second = '', third] = file.split('/');
  if (outer === 'webview') return outer;
  if (top !== 'sidecar') return top;
  if (second === 'limits') return 'sidecar/foundation';
  if (third !== undefined) return `sidecar/${second}`;
  return foundation.has(second) ? 'sidecar/foundation' : 'sidecar/top';
}

function mayImport(from: string, target: string, isTypeOnly: boolean): boolean {
  const to = partOf(target);
  if (from === to || arrows[from]?.includes(to)) return true;
  if (isTypeOnly && services.includes(from) && services.includes(to)) return true;
  return exceptions.some((exception) => exception.from === from && exception.to === target);
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
    const part = partOf(source.file);
    if (arrows[part] === undefined) wrong.push(`${source.file}: ${part} is in no arrow; add it here and to ARCHITECTURE.md`);
    for (const { specifier, isTypeOnly } of source.imports) {
      const target = importedFile(source, specifier);
      if (target === undefined || target.endsWith('.json')) continue;
      if (!mayImport(part, target, isTypeOnly)) wrong.push(`${source.file} imports ${target}: no arrow from ${part}`);
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
  for (const source of code)
    for (const { specifier } of source.imports)
      for (const rule of onlyIn)
        if (rule.module.test(specifier) && !rule.where.test(source.file)) wrong.push(`${source.file} imports ${specifier}`);
  assert.deepEqual(wrong, []);
});

test('the sidecar runs without devDependencies: it imports only built-ins and dependencies', () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const wrong: string[] = [];
  for (const source of code.filter(({ file }) => !file.startsWith('webview/')))
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
  for (const { file, text } of code) {
    const found = /@ts-(ignore|nocheck)/.exec(text) ?? forbidden.exec(withoutComments(text));
    if (found) wrong.push(`${file}: ${found[0].trim()}`);
  }
  assert.deepEqual(wrong, []);
});
