import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SharePreview } from '../../../../src/protocol/model.ts';
import { previewRows } from '../../../../src/extension/commands/sharePreview.ts';
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
};

const choice = { title: 'project', audience: 'everyone' };

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
