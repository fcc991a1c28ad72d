import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { CatalogShare, Entry, EntryRef } from '../../../../src/protocol/model.ts';
import type { Sidecar } from '../../../../src/extension/sidecar.ts';
import { PeersSource } from '../../../../src/extension/views/peersSource.ts';
import type { MoreNode, PeersNode } from '../../../../src/extension/views/peersModel.ts';
import type { World } from '../../../../src/extension/world.ts';
import { catalogShare, file, peer, peerId, shareId } from '../worlds.ts';

const root: EntryRef = { peerId: peerId(1), shareId: shareId(1), path: '' };
const peerNode = { kind: 'peer', id: 'peer/1', peerId: peerId(1) } as const;

/** A source over one share whose root has these files. */
function begin(entries: Entry[], share: CatalogShare = catalogShare(1)) {
  const asked: { method: string; params: Record<string, unknown> }[] = [];
  const shares = [share];
  const request = (method: string, params: Record<string, unknown>): Promise<unknown> => {
    asked.push({ method, params });
    if (method === 'catalog/list') {
      const { offset, limit } = params as { offset: number; limit: number };
      return Promise.resolve({ entries: entries.slice(offset, offset + limit), total: entries.length });
    }
    const { path } = params['entry'] as EntryRef;
    const found = entries.find(({ name }) => name === path);
    return found === undefined ? Promise.reject(new AppError('not-found', 'gone')) : Promise.resolve(found);
  };
  const world = {
    parties: [],
    peers: [peer(1)],
    peer: () => peer(1),
    load: () => Promise.resolve(),
    catalogShares: () => Promise.resolve(shares),
  } as unknown as World;
  const source = new PeersSource({ request } as unknown as Sidecar, world);
  const node: PeersNode = { kind: 'share', id: 'share/1', parent: peerNode, share, entry: root };
  return { source, node, asked, shares, entries };
}

const many = (count: number): Entry[] => Array.from({ length: count }, (_, n) => file(`${n}.txt`));

test('folders come in the editor’s order, a page at a time', async () => {
  const { source, node, asked } = begin(many(1200));
  const children = await source.children(node);
  const more = children.at(-1);
  assert.equal(children.length, 501);
  assert.ok(more?.kind === 'more');
  source.showMore(more satisfies MoreNode);
  assert.equal((await source.children(node)).length, 1200);
  assert.ok(asked.every(({ params }) => params['order'] === 'editor'));
});

test('a pinned entry has a row beyond the page, as long as it is there', async () => {
  const { source, node, entries } = begin(many(600));
  source.pin(node, file('599.txt'));
  const names = async (): Promise<string[]> =>
    (await source.children(node)).flatMap((child) => (child.kind === 'entry' ? child.info.name : []));
  assert.equal((await names()).at(-1), '599.txt');
  entries.pop();
  assert.equal((await names()).at(-1), '499.txt');
});

test('a share is shown as it is now, not as it was when its row was made', async () => {
  const { source, node, shares } = begin([], catalogShare(1, { indexState: 'none' }));
  assert.equal((await source.children(node))[0]?.kind, 'note');
  shares[0] = catalogShare(1, { fileCount: 7 });
  await source.readShares(peerId(1));
  const current = source.current(node);
  assert.ok(current.kind === 'share' && current.share.fileCount === 7);
  assert.deepEqual(
    (await source.children(node)).map((child) => child.kind === 'note' && child.text),
    ['Empty'],
  );
});

test('a failure is a row that says so', async () => {
  const { source } = begin([]);
  const [note] = await source.children({ kind: 'everybody', id: 'everybody' });
  assert.ok(note?.kind === 'note' && note.icon === 'warning');
});
