import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SharePreview } from '../../../../src/protocol/model.ts';
import { previewPage } from '../../../../src/extension/commands/previewPage.ts';
import { previewRows, readingRows, sharedSecrets } from '../../../../src/extension/commands/sharePreview.ts';
import { sharedTotals } from '../../../../src/extension/commands/sharedTotals.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { file, folder } from '../worlds.ts';

const preview: SharePreview = {
  path: '/home/ann/project',
  title: 'project',
  fileCount: 2,
  folderCount: 1,
  totalBytes: 2048,
  skippedCounts: { ignored: 5000, secret: 1 },
  skipped: [
    { path: '.env', reason: 'secret' },
    ...Array.from({ length: 999 }, (_, i) => ({ path: `node_modules/${i}`, reason: 'ignored' as const })),
  ],
  topLevel: [folder('src'), file('README.md', 2048)],
  folders: [],
  secrets: { suspects: [], found: 0, readFiles: 2, unreadFiles: 0 },
};

const choice = { title: 'project', audience: 'everyone', leftOut: new Set<string>() };

test('the question stands first, what is left out follows, secrets before the rest', () => {
  const rows = previewRows(preview, choice, '/home/ann');
  assert.deepEqual(
    rows.slice(0, 3).map(({ kind }) => kind),
    ['share', 'audience', 'rename'],
  );
  assert.equal(rows[0]?.description, '2 files, 1 folder, 2 KB');
  const labels = rows.map(({ label }) => label);
  assert.ok(labels.findIndex((label) => label.includes('.env')) < labels.findIndex((label) => label.includes('node_modules')));
  assert.equal(rows.find(({ label }) => label.includes('.env'))?.description, 'secret');
  assert.ok(labels.includes('… 4,601 more'));
  assert.ok(labels.some((label) => label.endsWith('README.md')));
  assert.ok(rows.length < 2 * limits.previewRows + 20);
});

test('sharing the home folder or what is above it is warned about', () => {
  for (const path of ['/home/ann', '/home', '/']) {
    assert.match(previewRows({ ...preview, path }, choice, '/home/ann')[0]?.label ?? '', /whole home folder/);
  }
  assert.equal(previewRows({ ...preview, path: '/home/an' }, choice, '/home/ann')[0]?.kind, 'share');
});

test('names on the disk cannot draw icons or hide', () => {
  const rows = previewRows({ ...preview, topLevel: [file('$(check) Share\u202e')], skipped: [] }, choice, '/root');
  const row = rows.at(-1);
  assert.equal(row?.label, '$(file) \\$(check) Share⟨202E⟩');
});

test('a folder of which nothing is left says so', () => {
  const rows = previewRows({ ...preview, topLevel: [], skipped: [], skippedCounts: {} }, choice, '/root');
  assert.match(rows.at(-1)?.label ?? '', /^Nothing/);
});

const secrets: SharePreview['secrets'] = {
  suspects: [
    { path: 'src/deploy.sh', sizeBytes: 1, kinds: ['aws-key'], line: 3 },
    { path: 'notes.txt', sizeBytes: 1, kinds: ['private-key', 'url-password'], line: 9 },
  ],
  found: 2,
  readFiles: 2,
  unreadFiles: 0,
};

test('what looks secret stands right below the question, and says what becomes of it', () => {
  const leftOut = new Set(['src/deploy.sh', 'notes.txt']);
  const [question, row] = previewRows({ ...preview, secrets }, { ...choice, leftOut }, '/root');
  assert.equal(question?.kind, 'share');
  assert.deepEqual(row, {
    kind: 'secrets',
    label: '$(shield) Looks Secret: 2…',
    description: 'none of them is shared, unless you tick it',
  });
  const included = previewRows({ ...preview, secrets }, { ...choice, leftOut: new Set(['notes.txt']) }, '/root')[1];
  assert.equal(included?.label, '$(warning) Looks Secret: 2…');
  assert.equal(included?.description, '1 of them would be shared');
});

test('more secrets than can be named count as shared', () => {
  assert.equal(
    sharedSecrets({ ...preview, secrets: { ...secrets, found: 1500 } }, new Set(['src/deploy.sh', 'notes.txt'])),
    1498,
  );
});

test('the page tells all of it in plain lines', () => {
  const page = previewPage(
    {
      ...preview,
      secrets,
      skipped: [
        { path: '.env', reason: 'secret', rule: 'environment file' },
        { path: 'build', reason: 'ignored', rule: 'build/' },
      ],
      folders: [
        { path: 'src', fileCount: 2, totalBytes: 4096 },
        { path: 'src/deep', fileCount: 1, totalBytes: 2048 },
      ],
    },
    { leftOut: new Set(['notes.txt']) },
  );
  for (const line of [
    '  SHARED  src/deploy.sh:3  (key of AWS)',
    '  not shared  notes.txt:9  (private key, password in an address)',
    '  .env  (secret: environment file)',
    '  build  (ignored: build/)',
    '  src/  2 files, 4 KB',
    '      deep/  1 file, 2 KB',
    '  README.md  2 KB',
  ])
    assert.ok(page.split('\n').includes(line), `${line}\n${page}`);
});

test('what is left out is in no sum: of the question, the page and its folders', () => {
  const suspects = ['src/deep/a.key.txt', 'src/b.txt', 'src/deep/far/c.txt'].map((path) => ({
    ...{ path, sizeBytes: 1024, kinds: ['aws-key' as const], line: 1 },
  }));
  const whole: SharePreview = {
    ...{ ...preview, fileCount: 5, totalBytes: 5120, topLevel: [folder('src')] },
    folders: [
      { path: 'src', fileCount: 5, totalBytes: 5120 },
      { path: 'src/deep', fileCount: 3, totalBytes: 3072 },
      { path: 'src/deeper', fileCount: 1, totalBytes: 1024 },
    ],
    secrets: { suspects, found: 3, readFiles: 5, unreadFiles: 0 },
  };
  const leftOut = new Set(suspects.map(({ path }) => path));
  assert.equal(sharedTotals(whole, leftOut).fileCount, 2);
  const rows = previewRows(whole, { ...choice, leftOut }, '/root');
  assert.equal(rows[0]?.description, '2 files, 1 folder, 2 KB');
  assert.equal(rows.at(-1)?.description, '2 files, 2 KB');
  const lines = previewPage(whole, { leftOut }).split('\n');
  for (const line of ['  src/  2 files, 2 KB', '      deep/  1 file, 1 KB', '      deeper/  1 file, 1 KB'])
    assert.ok(lines.includes(line), lines.join('\n'));
  assert.equal(previewRows(whole, choice, '/root').at(-1)?.description, '5 files, 5 KB');
});

test('while the page is read the question is short, with the way back', () => {
  const rows = readingRows(preview, choice);
  assert.deepEqual(
    rows.map(({ kind, detail }) => [kind, detail]),
    [
      ['share', undefined],
      ['back', undefined],
    ],
  );
  assert.equal(rows[0]?.description, '2 files, 1 folder, 2 KB');
});

test('why it is asked once more stands above all', () => {
  const [row] = previewRows(preview, { ...choice, notice: 'Something came' }, '/root');
  assert.deepEqual(row, { kind: 'info', label: '$(warning) Something came' });
});

test('the page shows hostile names on one line each, without controls', () => {
  const page = previewPage(
    {
      ...preview,
      path: '/a\nb',
      topLevel: [file('x\u202e\u001b[2J\n[a](command:b)')],
      skipped: [{ path: 'y\ny', reason: 'ignored', rule: 'z\u0007' }],
    },
    { leftOut: new Set() },
  );
  assert.doesNotMatch(page.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  assert.ok(page.includes('  x⟨202E⟩␛[2J␊[a](command:b)  1 B') || page.includes('x⟨202E⟩␛[2J␊[a](command:b)'));
});
