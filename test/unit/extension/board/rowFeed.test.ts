// What the board's page is told of rows: all of them in slices, then what differs, one message at a time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowFeed, type RowFeedOptions } from '../../../../src/extension/board/rowFeed.ts';
import { DownloadList } from '../../../../src/extension/downloadList.ts';
import { boardMaxima } from '../../../../src/protocol/board.ts';
import type { DownloadInfo } from '../../../../src/protocol/model.ts';
import { download, peer, upload } from '../worlds.ts';

type Message = Parameters<RowFeedOptions['post']>[0];

interface Page {
  world: { downloads: DownloadList; uploads: ReturnType<typeof upload>[]; peers: ReturnType<typeof peer>[] };
  feed: RowFeed;
  next: () => Promise<Message>;
  /** Lets the page take the message that waits. */
  take: () => void;
}

function page(downloads: DownloadInfo[]): Page {
  const world: Page['world'] = { downloads: new DownloadList(downloads), uploads: [], peers: [] };
  const told: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  let take = (): void => undefined;
  const feed = new RowFeed({
    world,
    post: (message) => {
      const listener = waiting.shift();
      if (listener) listener(message);
      else told.push(message);
      return new Promise<void>((resolve) => {
        take = resolve;
      });
    },
  });
  const next = (): Promise<Message> => {
    const message = told.shift();
    return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
  };
  return { world, feed, next, take: () => take() };
}

const many = (count: number): DownloadInfo[] =>
  Array.from({ length: count }, (_, n) => ({
    ...download(1, { order: n + 1 }),
    downloadId: `${download(1).downloadId}${n}` as DownloadInfo['downloadId'],
  }));

test('ten thousand rows come in slices, in their order, each after the one before was taken', { timeout: 20_000 }, async () => {
  const { feed, next, take } = page(many(10_000));
  feed.start();
  const ids: string[] = [];
  for (let isFirst = true; ; isFirst = false) {
    const message = await next();
    assert.equal(message.isFirst, isFirst);
    assert.ok(message.rows.length <= boardMaxima.slice);
    ids.push(...message.rows.map(({ id }) => id));
    take();
    if (!message.isMore) break;
  }
  assert.equal(ids.length, 10_000);
  assert.ok(ids.every((id, at) => id.endsWith(String(at))));
  feed.stop();
});

test('only what reads differently is told again; what went is told as gone', { timeout: 20_000 }, async () => {
  const { world, feed, next, take } = page([download(1, { doneBytes: 0 }), download(2)]);
  world.uploads = [upload(3)];
  feed.start();
  assert.equal((await next()).rows.length, 3);
  world.downloads.put(download(1, { doneBytes: 500, totalBytes: 1000 }));
  world.downloads.remove(download(2).downloadId);
  world.uploads = [];
  for (const n of [1, 2]) feed.downloadChanged(download(n).downloadId);
  feed.uploadsChanged();
  take();
  const message = await next();
  assert.deepEqual(
    message.rows.map(({ id, permille }) => [id, permille]),
    [[`d/${download(1).downloadId}`, 500]],
  );
  assert.equal(message.removed.length, 2);
  assert.deepEqual([message.isFirst, message.isMore], [false, false]);
  feed.stop();
});

test('a peer that goes online changes no row, one that has another name does', { timeout: 20_000 }, async () => {
  const { world, feed, next, take } = page([download(1)]);
  const { peerId } = download(1).entry;
  world.peers = [{ ...peer(1, { name: 'Ada' }), peerId }];
  feed.start();
  assert.equal((await next()).rows[0]?.peer, 'Ada');
  take();
  world.peers = [{ ...peer(1, { name: 'Ada', isOnline: false }), peerId }];
  feed.peersChanged();
  world.peers = [{ ...peer(1, { name: 'Grace' }), peerId }];
  feed.peersChanged();
  assert.equal((await next()).rows[0]?.peer, 'Grace');
  feed.stop();
});

test('a page that was loaded anew is told all again, and the round of the one before ends', { timeout: 20_000 }, async () => {
  const { feed, next, take } = page(many(2_000));
  feed.start();
  assert.equal((await next()).isMore, true);
  const takeOld = take;
  feed.start();
  takeOld();
  let rows = 0;
  for (let isFirst = true; ; isFirst = false) {
    const message = await next();
    assert.equal(message.isFirst, isFirst);
    rows += message.rows.length;
    take();
    if (!message.isMore) break;
  }
  assert.equal(rows, 2_000);
  feed.stop();
});
