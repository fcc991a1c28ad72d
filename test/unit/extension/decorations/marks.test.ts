import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderMark, heldMark, queuedMark, shareMark } from '../../../../src/extension/decorations/marks.ts';
import { download } from '../worlds.ts';

test('what is left out bears a mark that names the rule; what is offered bears none', () => {
  assert.equal(shareMark({ state: 'shared' }), undefined);
  assert.equal(shareMark({ state: 'none' }), undefined);
  assert.equal(shareMark({ state: 'root' })?.badge, 'P');
  assert.equal(
    shareMark({ state: 'excluded', reason: 'ignored', rule: 'build/' })?.tooltip,
    'Not shared in Potluck (ignored: build/)',
  );
  assert.match(shareMark({ state: 'excluded', reason: 'secret', rule: 'private key' })?.tooltip ?? '', /secret: private key/);
});

test('a rule with controls, bidi marks and 64 KB is shown harmlessly', () => {
  const mark = shareMark({
    state: 'excluded',
    reason: 'ignored',
    rule: `\u202e\u001b[2J$(x) [a](command:b) ${'y'.repeat(65_536)}`,
  });
  assert.doesNotMatch(mark?.tooltip ?? '', /[\p{Cc}\p{Cf}]/u);
  assert.ok((mark?.tooltip.length ?? 0) < 300);
});

const doneFolder = download(1, { kind: 'folder', state: 'done', finishedAtMs: Date.UTC(2026, 0, 2) });

test('badges have at most two characters', () => {
  const held = (['verified', 'stale'] as const).map((state) => heldMark({ state, localPath: '/a' }));
  const marks = [queuedMark(), folderMark(doneFolder), shareMark({ state: 'root' }), ...held];
  for (const mark of marks) assert.ok(mark !== undefined && mark.badge.length <= 2);
});

test('queued, verified and stale are told apart', () => {
  assert.match(queuedMark().tooltip, /queue/);
  assert.match(heldMark({ state: 'verified', localPath: '/a' })?.tooltip ?? '', /verified/);
  assert.match(heldMark({ state: 'stale', localPath: '/a' })?.tooltip ?? '', /changed/);
  assert.equal(heldMark({ state: 'none' }), undefined);
});

test('of a folder is said when it was verified; an incomplete one is not called verified', () => {
  assert.match(folderMark(doneFolder)?.tooltip ?? '', /verified by Potluck: .*2026/);
  assert.equal(folderMark({ ...doneFolder, failedFiles: [{ path: 'a', message: 'gone' }] }), undefined);
  assert.equal(folderMark({ ...doneFolder, skippedFiles: 1 }), undefined);
  assert.equal(folderMark({ ...doneFolder, state: 'failed' }), undefined);
});
