// The root of a share, when it is not what it was.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { enterRoot, rootFailure } from '../../../../../src/sidecar/shares/watch/shareRoot.ts';

test('an empty folder in the place of the root does not empty the index; another full one is entered', () => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'potluck-root-')));
  try {
    const root = path.join(folder, 'root');
    const enter = (known: string | undefined, isEmptyFine = false): string => enterRoot(root, { known, isEmptyFine });
    assert.throws(() => enter(undefined), (error) => rootFailure(root, error).kind === 'not-found'); // prettier-ignore
    mkdirSync(root);
    const known = enter(undefined);
    assert.equal(enter(known), known);
    renameSync(root, path.join(folder, 'away'));
    mkdirSync(root);
    assert.throws(() => enter(known), (error) => rootFailure(root, error).kind === 'unavailable'); // prettier-ignore
    assert.notEqual(enter(known, true), known);
    writeFileSync(path.join(root, 'file'), '');
    assert.notEqual(enter(known), known);
    rmSync(root, { recursive: true });
    symlinkSync(path.join(folder, 'away'), root, 'junction');
    assert.throws(() => enter(known), (error) => rootFailure(root, error).kind === 'permission-denied'); // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
