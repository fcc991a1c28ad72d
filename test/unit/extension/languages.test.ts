// Every sentence passes through l10n, and German has them all, with the same places for what is filled in.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { previewPage } from '../../../src/extension/commands/previewPage.ts';
import { previewRows } from '../../../src/extension/commands/sharePreview.ts';
import { DownloadList } from '../../../src/extension/downloadList.ts';
import { statusOf } from '../../../src/extension/statusText.ts';
import { setTranslator } from '../../../src/extension/text.ts';
import { ownShareNodes, detailNodes, sharesRow } from '../../../src/extension/views/sharesModel.ts';
import { transferChildren, transferGroups, transferRow } from '../../../src/extension/views/transfersModel.ts';
import type { Row } from '../../../src/extension/views/row.ts';
import { download, ownShare, peer, rates, source, upload } from './worlds.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, string>;

for (const [english, german] of [
  ['l10n/bundle.l10n.json', 'l10n/bundle.l10n.de.json'],
  ['package.nls.json', 'package.nls.de.json'],
] as const) {
  const [source, translated] = [read(english), read(german)];
  const pairs = Object.entries(source).flatMap(([key, text]) =>
    key in translated ? [[text, translated[key] ?? ''] as const] : [],
  );

  test(`${german} has every text and no other`, () => {
    assert.deepEqual(Object.keys(translated).sort(), Object.keys(source).sort());
    for (const [text, said] of pairs) assert.notEqual(said.trim(), '', text);
  });

  test(`${german} fills in what ${english} fills in, and links to the same commands`, () => {
    const places = (text: string): string[] => [...new Set(text.match(/\{\d+\}|\(command:[^)]+\)/g))].sort();
    for (const [text, said] of pairs) assert.deepEqual(places(said), places(text), text);
  });

  test(`${german} is German: no longer text is left as it was`, () => {
    const same = pairs.filter(([text, said]) => text === said && (text.match(/[A-Za-z]{3,}/g)?.length ?? 0) > 2);
    assert.deepEqual(same, []);
  });

  test(`texts of ${german} end as the English ones do`, () => {
    for (const [text, said] of pairs)
      assert.equal(said.endsWith('…'), text.endsWith('…') || /\.\.\.$/.test(text), `${text} | ${said}`);
  });
}

test('German is packaged', () => {
  const ignore = readFileSync(path.join(root, '.vscodeignore'), 'utf8');
  assert.ok(ignore.includes('!package.nls.de.json') && ignore.includes('!l10n/*.json'));
  assert.ok(readFileSync(path.join(root, 'scripts/vsix.ts'), 'utf8').includes("'package.nls.de.json'"));
});

/** Properties by which VS Code is handed what a person reads. */
const shown =
  /\b(?:title|placeHolder|placeholder|prompt|openLabel|saveLabel|label|description|detail|tooltip|message|badge)\b(?::| =) (['"`])((?:(?!\1).)*)\1/g;

test('no text that a person reads is written without t()', () => {
  const found: string[] = [];
  for (const file of globSync('src/extension/**/*.ts', { cwd: root })) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [whole, , literal = ''] of text.matchAll(shown)) {
      const words = literal.replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, '').replace(/\$\([a-z~-]+\)/g, '');
      if (/[A-Za-z]{3,}/.test(words) && !/^Potluck(?:: )?$|^(?:potluck:|magnet:)/.test(words.trim()))
        found.push(`${file}: ${whole}`);
    }
  }
  assert.deepEqual(found, []);
});

/** Letters that no fixture has: what is left in ASCII did not pass through l10n. */
function pseudo(message: string): string {
  return message.replace(/\{\d+\}|[a-zA-Z]/g, (part) =>
    part.length > 1 ? part : String.fromCodePoint(part.charCodeAt(0) + 0x1d5a0 - (part >= 'a' ? 71 : 65)),
  );
}

test('in a pseudo-locale rows, pages and the status hold no English', () => {
  setTranslator(
    (message, ...args) => pseudo(message).replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)] ?? '')),
    'en',
  );
  after(() =>
    setTranslator((message, ...args) => message.replace(/\{(\d+)\}/g, (_, at: string) => String(args[Number(at)] ?? '')), 'en'),
  );
  const states = ['queued', 'running', 'waiting', 'paused', 'done', 'failed', 'cancelled'] as const;
  const world = {
    isLoaded: true,
    parties: [],
    members: new Map(),
    peers: [peer(1)],
    pending: [],
    requests: [],
    downloads: new DownloadList(states.map((state, at) => download(at + 1, { state, sources: [source(1)] }))),
    uploads: [upload(1)],
    refused: [],
    rates: rates({ downloads: 1, uploads: 1, isSlow: true, secondsLeft: 90 }),
  };
  const rows: (Row | undefined)[] = [];
  for (const state of ['scanning', 'watching', 'paused', 'failed'] as const) {
    for (const node of ownShareNodes([ownShare(1, { state, skippedCounts: { secret: 1, ignored: 2, symlink: 3 } })])) {
      rows.push(sharesRow(node, world), ...detailNodes(node, world, 0).map((detail) => sharesRow(detail, world)));
    }
  }
  for (const group of transferGroups(world))
    rows.push(transferRow(group, world, 0), ...transferChildren(group, world).map((node) => transferRow(node, world, 0)));
  const preview = {
    path: '/',
    title: '-',
    fileCount: 1,
    folderCount: 2,
    totalBytes: 3,
    skippedCounts: { secret: 1, ignored: 1 },
    skipped: [{ path: '-', reason: 'secret' as const, rule: 'credentials' }],
    topLevel: [],
    folders: [],
    secrets: {
      suspects: [{ path: '-', sizeBytes: 1, kinds: ['aws-key' as const], line: 1 }],
      found: 2,
      readFiles: 1,
      unreadFiles: 5,
    },
  };
  const choice = { title: '-', audience: '-', leftOut: new Set<string>() };
  const texts = [
    ...rows.flatMap((row) => [row?.label, row?.description, row?.tooltip, row?.accessibility].map((text) => text ?? '')),
    ...previewRows(preview, choice, '/').flatMap(({ label, description, detail }) => [label, description ?? '', detail ?? '']),
    previewPage(preview, choice),
    ...(['idle', 'starting', 'lost', 'stopped', 'failed', 'running'] as const).flatMap((state) => {
      const { text, said, details } = statusOf(state, world);
      return [text, said, ...details];
    }),
  ];
  assert.ok(texts.length > 100);
  const data = new Set(fixtureWords({ world: { ...world, downloads: [...world.downloads] }, share: ownShare(1) }));
  for (const text of texts) {
    const words = text.replace(/\$\([a-z~-]+\)/g, '').match(/[A-Za-z]{3,}/g) ?? [];
    for (const word of words) assert.ok(data.has(word.toLowerCase()) || units.has(word), `"${word}" in ${text}`);
  }
});

/** What Intl and sizes write by themselves. */
const units = new Set(['min', 'sec', 'KB', 'MB', 'ago', 'years', 'year', 'Noise', 'TLS']);

function fixtureWords(value: unknown): string[] {
  if (typeof value === 'string') return value.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  if (Array.isArray(value)) return value.flatMap(fixtureWords);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(fixtureWords);
}
