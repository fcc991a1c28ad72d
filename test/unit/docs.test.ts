// The docs: what they link to is there, and the pictures are those that a page shows, small enough for a clone.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

const root = path.join(import.meta.dirname, '../..');
const pages = [...globSync('*.md', { cwd: root }), ...globSync('docs/*.md', { cwd: root })];
const maxPictureBytes = 200 * 1024;

/** Targets of links and pictures inside the project, from its root. */
function targetsOf(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8').replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    const [file = ''] = target.split('#');
    return file === '' || /^[a-z]+:/.test(file) ? [] : [path.join(path.dirname(page), file)];
  });
}

test('what the docs link to is there', () => {
  assert.ok(pages.includes('docs/guide.md'));
  const missing = pages.flatMap((page) => targetsOf(page).map((target) => `${page}: ${target}`));
  assert.deepEqual(
    missing.filter((each) => !existsSync(path.join(root, each.split(': ')[1] ?? ''))),
    [],
  );
});

test('every picture is shown on a page, and small', () => {
  const shown = new Set(pages.flatMap(targetsOf));
  for (const picture of globSync('docs/images/*', { cwd: root })) {
    assert.ok(shown.has(picture), `${picture} is on no page`);
    const { size } = statSync(path.join(root, picture));
    assert.ok(size > 0 && size <= maxPictureBytes, `${picture} has ${size} bytes`);
  }
});
