import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkRoom } from '../../../../src/sidecar/storage/freeSpace.ts';

test('what would fill the disk is refused, and says where and how much', () => {
  checkRoom(tmpdir(), 0);
  assert.throws(() => checkRoom(tmpdir(), Number.MAX_SAFE_INTEGER), { kind: 'disk-full', data: { path: tmpdir() } });
});

test('where the system does not tell, writing will', () => {
  checkRoom(path.join(tmpdir(), 'is', 'not', 'there'), Number.MAX_SAFE_INTEGER);
});
