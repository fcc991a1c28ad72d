// Drop boxes with real folders: where things go, how much, and where no box may be.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';
import { ben, cat, deliver, inboxScene, isKind, sessionOf } from './scene.ts';

const MiB = 1024 * 1024;
const everyone = { everyone: true, partyIds: [], peerIds: [] };
const keyOf = (peerId: PeerId): string => peerId.slice(0, sendingLimits.folderKeyCharacters);

test('what a sender calls itself chooses no folder and no link that is there, and no two senders share one', async (t) => {
  const { inbox, boxes, folder, names, settled } = inboxScene(t);
  const [box, beside] = [path.join(folder, 'box'), path.join(folder, 'beside')];
  mkdirSync(path.join(box, 'project'), { recursive: true });
  mkdirSync(beside);
  symlinkSync(beside, path.join(box, 'link'));
  // Even what the folder would be called.
  symlinkSync(beside, path.join(box, `link ${keyOf(ben)}`));
  mkdirSync(path.join(box, `project ${keyOf(cat)}`));
  await boxes.set({ folder: box, audience: everyone, quotaBytes: MiB });
  names.set(ben, 'link').set(cat, 'project');
  deliver(inbox, sessionOf(ben), 1);
  deliver(inbox, sessionOf(cat), 2);
  await settled();
  const folderOf = (peerId: PeerId) => inbox.list().find((each) => each.peerId === peerId)?.folder;
  assert.equal(folderOf(ben), path.join(box, `link ${keyOf(ben)} (2)`));
  assert.equal(folderOf(cat), path.join(box, `project ${keyOf(cat)} (2)`));
  assert.deepEqual(readdirSync(beside), []);
});

test('a sender keeps its folder whatever it calls itself, and gets another one when a link stands in its place', async (t) => {
  const { inbox, boxes, restart, folder, names, settled } = inboxScene(t);
  const box = path.join(folder, 'box');
  await boxes.set({ folder: box, audience: everyone, quotaBytes: MiB });
  names.set(ben, '../..');
  deliver(inbox, sessionOf(ben), 1);
  await settled();
  const first = inbox.list()[0]?.folder ?? assert.fail();
  assert.equal(path.dirname(first), box);
  const place = async (number: number, session = sessionOf(ben)) => {
    const { inbox: later } = await restart();
    const offerId = deliver(later, session, number);
    await settled();
    return later.list().find((each) => each.offerId === offerId)?.folder;
  };
  names.set(ben, 'x'.repeat(300));
  assert.equal(await place(2), first);
  rmSync(first, { recursive: true });
  assert.equal(await place(3), first);
  assert.ok(existsSync(first), 'it is made again');
  rmSync(first, { recursive: true });
  symlinkSync(folder, first);
  const other = (await place(4)) ?? assert.fail();
  assert.notEqual(other, first);
  assert.equal(path.dirname(other), box);
});

test('no drop box holds the data of Potluck, lies in it, or in a share, by a link neither', async (t) => {
  const { boxes, folder, parts, shared } = inboxScene(t);
  const share = path.join(folder, 'share');
  mkdirSync(share);
  shared.push(share);
  const link = path.join(folder, 'link');
  symlinkSync(share, link);
  for (const refused of [folder, parts.dataFolder, path.join(parts.dataFolder, 'box'), share, path.join(link, 'new')])
    await assert.rejects(
      boxes.set({ folder: refused, audience: everyone, quotaBytes: MiB }),
      isKind('permission-denied'),
      refused,
    );
  assert.equal(existsSync(path.join(share, 'new')), false, 'nothing was made there');
});

test('no share is made around a drop box, or of what a peer sends; and while one is, the box takes nothing', async (t) => {
  const { inbox, boxes, folder, shared, settled } = inboxScene(t);
  const box = path.join(folder, 'outer', 'box');
  const { dropBoxId } = await boxes.set({ folder: box, audience: everyone, quotaBytes: MiB });
  deliver(inbox, sessionOf(ben), 1);
  await settled();
  const into = inbox.list()[0]?.folder ?? assert.fail();
  for (const root of [path.dirname(box), box, into, path.join(into, 'in')])
    assert.throws(() => boxes.checkShare(root), isKind('permission-denied'), root);
  boxes.checkShare(path.join(box, 'mine'));
  boxes.checkShare(path.join(folder, 'other'));
  shared.push(path.dirname(box));
  const offerId = deliver(inbox, sessionOf(cat), 2);
  await settled();
  assert.equal(inbox.list().find((each) => each.offerId === offerId)?.state, 'offered');
  boxes.remove(dropBoxId);
  boxes.checkShare(into);
});

test('room is counted by place: two boxes in one folder, one in another, set again, or accepted by hand', async (t) => {
  const { inbox, boxes, folder, settled } = inboxScene(t);
  const box = path.join(folder, 'box');
  const first = await boxes.set({ folder: box, audience: everyone, quotaBytes: 2 * MiB });
  await boxes.set({ folder: path.join(box, 'inner'), audience: { ...everyone, everyone: false }, quotaBytes: 2 * MiB });
  deliver(inbox, sessionOf(ben), 1, ['a'], MiB);
  await settled();
  boxes.remove(first.dropBoxId);
  const second = await boxes.set({ folder: path.join(box, '..', 'box'), audience: everyone, quotaBytes: 2 * MiB });
  assert.equal(second.usedBytes, MiB);
  const offerId = deliver(inbox, sessionOf(cat), 2, ['b'], MiB + 1);
  await inbox.accept(cat, offerId, { folder: path.join(box, 'inner', 'by hand') });
  assert.deepEqual(
    (await boxes.list()).map(({ usedBytes }) => usedBytes),
    [MiB + 1, 2 * MiB + 1],
  );
  deliver(inbox, sessionOf(ben), 3);
  await settled();
  assert.equal(inbox.list().find(({ items }) => items[0]?.name === 'a.txt')?.state, 'offered');
});

test('a box is counted again when something is to be taken; else only when something came into it, for lists and offers alike', async (t) => {
  const { inbox, boxes, folder, changed, downloads, settled } = inboxScene(t);
  const box = path.join(folder, 'box');
  await boxes.set({ folder: box, audience: everyone, quotaBytes: MiB });
  const used = async () => (await boxes.list())[0]?.usedBytes;
  assert.equal(await used(), 0);
  writeFileSync(path.join(box, 'mine.bin'), Buffer.alloc(MiB));
  assert.equal(await used(), 0);
  deliver(inbox, sessionOf(ben), 1);
  await settled();
  assert.equal(inbox.list()[0]?.state, 'offered', 'there is no room');
  assert.equal(await used(), MiB);
  rmSync(path.join(box, 'mine.bin'));
  const offer = inbox.offered()[0] ?? assert.fail();
  const looks = Array.from({ length: 3 }, () => boxes.look(offer));
  assert.equal(new Set(looks).size, 1, 'it waits once');
  await looks[0];
  assert.equal(offer.state, 'offered', 'the box was full a moment ago');
  boxes.roomChanged(path.join(box, 'something'));
  await boxes.look(offer);
  assert.equal(offer.state, 'accepted');
  writeFileSync(path.join(box, 'mine.bin'), Buffer.alloc(1000));
  changed(inbox, downloads[0]?.downloadId, 'done');
  assert.equal(await used(), 1000);
});

test('a box into which nothing can be put leaves offers to the next one', async (t) => {
  const { inbox, boxes, folder, names, settled } = inboxScene(t);
  names.set(ben, 'ben');
  const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
  for (let number = 1; number <= sendingLimits.folderNamesTried; number++)
    mkdirSync(path.join(first, `ben ${keyOf(ben)}${number === 1 ? '' : ` (${number})`}`), { recursive: true });
  await boxes.set({ folder: first, audience: everyone, quotaBytes: MiB });
  const { dropBoxId } = await boxes.set({ folder: second, audience: everyone, quotaBytes: MiB });
  deliver(inbox, sessionOf(ben), 1);
  await settled();
  assert.equal(inbox.list()[0]?.dropBoxId, dropBoxId);
});
