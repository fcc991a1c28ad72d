// package.json against the code: what is declared exists, what exists is declared, and every text can be translated.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
interface MenuItem {
  /** Or a submenu. */
  command?: string;
  submenu?: string;
  when?: string;
  group?: string;
}
interface Manifest {
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; category: string; shortTitle?: string }[];
    menus: Record<string, MenuItem[]>;
    views: Record<string, { id: string }[]>;
    viewsWelcome: { view: string; contents: string }[];
    configuration: { properties: Record<string, { scope: string; description?: string; markdownDescription?: string }> };
    languages: { id: string; extensions: string[]; configuration?: string }[];
    grammars: { language: string; path: string }[];
    jsonLanguageParticipants: { languageId: string }[];
    jsonValidation: { fileMatch: string; url: string }[];
    walkthroughs: { steps: { media: { svg: string; altText: string }; completionEvents: string[] }[] }[];
  };
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
const sources = globSync('src/extension/**/*.ts', { cwd: root }).map((file) => ({ file, text: read(file) }));
const commands = manifest.contributes.commands.map(({ command }) => command);

function handledCommands(): string[] {
  return sources
    .filter(({ file }) => /Commands\.ts$/.test(file))
    .flatMap(({ text }) => [...text.matchAll(/^ {4}'([a-z]+\.[a-zA-Z]+)': /gm)].map((match) => `potluck.${match[1]}`));
}

test('every declared command has a handler and every handler is declared', () => {
  assert.deepEqual([...handledCommands()].sort(), [...commands].sort());
});

test('commands are potluck.area.verb and stand under Potluck', () => {
  for (const { command, category } of manifest.contributes.commands) {
    assert.match(command, /^potluck\.[a-z]+\.[a-zA-Z]+$/);
    assert.equal(category, 'Potluck');
  }
});

test('what stands in the title of a view takes no row: VS Code hands it the one in focus, at which nobody pointed', () => {
  /** These take a text, which no row is. */
  const takingTexts = new Set(['code.accept', 'party.join', 'search.find', 'watch.add']);
  const inTitles = new Set((manifest.contributes.menus['view/title'] ?? []).flatMap(({ command }) => command ?? []));
  for (const id of [...inTitles].map((command) => command.slice('potluck.'.length))) {
    const heads = sources.flatMap(({ text }) => [...text.matchAll(/^ {4}'([a-z]+\.[a-zA-Z]+)': (?:async )?\(([^)]*)\)/gm)]);
    const parameters = heads.find(([, found]) => found === id)?.[2];
    assert.ok(parameters === '' || takingTexts.has(id), `potluck.${id} reads what it is given`);
  }
});

test('menus, welcome texts and walkthrough name commands that exist', () => {
  const views = Object.values(manifest.contributes.views)
    .flat()
    .map(({ id }) => `${id}.focus`);
  const known = new Set([...commands, ...views]);
  const linked = [...JSON.stringify(texts).matchAll(/\(command:([^)]+)\)/g)].map((match) => match[1] ?? '');
  const inMenus = Object.values(manifest.contributes.menus)
    .flat()
    .flatMap(({ command }) => command ?? []);
  const completing = JSON.stringify(manifest.contributes.walkthroughs).match(/onCommand:[\w.]+/g) ?? [];
  for (const command of [...linked, ...inMenus, ...completing.map((event) => event.slice('onCommand:'.length))]) {
    assert.ok(known.has(command), command);
  }
});

test('commands that the code runs exist', () => {
  const views = Object.values(manifest.contributes.views)
    .flat()
    .map(({ id }) => `${id}.focus`);
  const known = new Set([...commands, ...views]);
  const areas = new Set(commands.map((command) => command.split('.')[1]));
  const settings = manifest.contributes.configuration.properties;
  for (const { file, text } of sources) {
    for (const [, command = '', area = ''] of text.matchAll(/'(potluck\.([a-z]+)\.[a-zA-Z]+)'/g))
      if (areas.has(area) && !(command in settings)) assert.ok(known.has(command), `${command} in ${file}`);
  }
});

test('every translatable text of the manifest exists and is used', () => {
  const used = new Set([...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]));
  assert.deepEqual([...used].sort(), Object.keys(texts).sort());
});

test('every command and every setting is described, in words that can be translated', () => {
  for (const { command, title, shortTitle } of manifest.contributes.commands)
    for (const text of [title, shortTitle ?? '%%']) assert.match(text, /^%.*%$/, command);
  for (const [key, { description, markdownDescription }] of Object.entries(manifest.contributes.configuration.properties))
    assert.match(description ?? markdownDescription ?? '', /^%.+%$/, key);
});

test('no workspace can set a setting', () => {
  const properties = manifest.contributes.configuration.properties;
  for (const [key, { scope }] of Object.entries(properties)) {
    assert.ok(scope === 'machine' || scope === 'application', key);
    assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(key), key);
  }
});

test('nothing activates the extension but its use', () => {
  assert.deepEqual(manifest.activationEvents, ['onFileSystem:potluck', 'onUri']);
});

test('files that the manifest names exist and are packaged', () => {
  const ignore = read('.vscodeignore');
  for (const match of read('package.json').matchAll(/"(media\/[^"]+)"/g)) {
    const file = match[1] ?? '';
    read(file);
    assert.ok(ignore.includes(`!${file}`) || (file.endsWith('.svg') && ignore.includes('!media/walkthrough/*.svg')), file);
  }
});

test('link files are a language of their own, read as JSON, with a schema; what they need is packaged', () => {
  const { languages, grammars, jsonLanguageParticipants, jsonValidation } = manifest.contributes;
  const [language] = languages;
  assert.equal(languages.length, 1);
  assert.deepEqual(language?.extensions, ['.p2p']);
  // Only a language with a configuration activates who contributes it: for the lenses, when a link file is opened as text first.
  assert.ok(language.configuration);
  assert.deepEqual(jsonLanguageParticipants, [{ languageId: language.id }]);
  assert.deepEqual(jsonValidation, [{ fileMatch: '*.p2p', url: './schemas/link.schema.json' }]);
  assert.ok(read('.vscodeignore').includes('!schemas/*.json'));
  assert.ok(read('scripts/vsix.ts').includes("'schemas'"));
  const [grammar] = grammars;
  assert.equal(grammar?.language, language.id);
  const named = [language.configuration, grammar.path, ...jsonValidation.map(({ url }) => url)];
  for (const file of named) assert.equal(typeof JSON.parse(read(file)), 'object', file);
});

test('every sentence of the code stands in the l10n bundle, and no other', () => {
  const bundle = JSON.parse(read('l10n/bundle.l10n.json')) as Record<string, string>;
  const found = new Set<string>();
  for (const { file, text } of sources) {
    for (const call of text.matchAll(/(?<![\w.])t\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'")\s])/g)) {
      const literal = call[1] ?? '';
      if (!/^['"]/.test(literal)) {
        assert.ok(
          file.endsWith('text.ts'),
          `${file}: t() of something that is no literal: ${text.slice(call.index, call.index + 40)}`,
        );
        continue;
      }
      const inner = literal.slice(1, -1).replace(/\\'/g, "'").replaceAll('\\"', '"');
      found.add(JSON.parse(`"${inner.replaceAll('"', '\\"')}"`) as string);
    }
  }
  for (const [english, translated] of Object.entries(bundle)) assert.equal(english, translated);
  assert.deepEqual([...found].sort(), Object.keys(bundle).sort());
});
