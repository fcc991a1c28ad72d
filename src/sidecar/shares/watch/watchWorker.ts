// Worker: follows all own shares on disk, each with its own view of its index. Only reads; what it finds goes to the main thread.

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { ShareId } from '../../../protocol/ids.ts';
import { identityOf } from '../folderLook.ts';
import { FolderWatches } from './folderWatches.ts';
import { Follower } from './follower.ts';
import { TreeWatch } from './treeWatch.ts';
import type { FromWatchWorker, ToWatchWorker, WatchWorkerData } from './watchMessages.ts';
import { WatchPool } from './watchPool.ts';

function main(data: WatchWorkerData, port: MessagePort): void {
  const send = (message: FromWatchWorker): void => port.postMessage(message);
  const pool = new WatchPool((message) => send({ type: 'log', message }), data.watchedFolders);
  const working = new Int32Array(data.working);
  const followers = new Map<ShareId, Follower>();

  const follow = ({ turn, share }: ToWatchWorker & { type: 'watch' }): void => {
    const { shareId, root } = share;
    let follower = followers.get(shareId);
    if (follower !== undefined && follower.root !== root) void follower.close();
    if (follower?.root !== root) {
      follower = new Follower(root, {
        changed: (ofTurn, step, delta) => send({ type: 'changed', shareId, turn: ofTurn, step, delta }),
        state: (ofTurn, state) => send({ type: 'state', shareId, turn: ofTurn, state }),
        listen: (heard) => (data.backend === 'folders' ? new FolderWatches(root, pool, heard) : new TreeWatch(root, heard)),
        isExact: isExact(root),
        retryWatches: () => pool.retry(),
        working: (ofTurn) => void Atomics.store(working, 0, ofTurn),
      });
      followers.set(shareId, follower);
    }
    follower.begin(turn, share);
  };

  const reply = (request: number, work: Promise<void> | undefined): void => {
    Promise.resolve(work).then(
      () => send({ type: 'done', request, problem: undefined }),
      (error: unknown) => send({ type: 'done', request, problem: error instanceof Error ? error.message : String(error) }),
    );
  };

  port.on('message', (message: ToWatchWorker) => {
    switch (message.type) {
      case 'watch':
        return follow(message);
      case 'answer':
        return followers.get(message.shareId)?.answer(message.turn, message.isTaken);
      case 'rebase': {
        const { turn, step, segmentPath } = message;
        return reply(message.request, followers.get(message.shareId)?.rebase({ turn, step, segmentPath }));
      }
      case 'hold':
        return followers.get(message.shareId)?.hold();
      case 'unwatch': {
        const follower = followers.get(message.shareId);
        followers.delete(message.shareId);
        return reply(message.request, follower?.close());
      }
      case 'sweep':
        return reply(message.request, followers.get(message.shareId)?.sweepNow());
      case 'refresh':
        return followers.get(message.shareId)?.refresh(message.path);
      case 'ping':
        return send({ type: 'pong' });
    }
  });
}

/** Whether a name has one spelling there. Cautious where that cannot be told. */
function isExact(root: string): boolean {
  const name = path.basename(root);
  const upper = name.toUpperCase();
  const other = upper === name ? name.toLowerCase() : upper;
  if (other === name) return process.platform === 'linux';
  try {
    const stats = lstatSync(path.join(path.dirname(root), other), { throwIfNoEntry: false });
    return stats === undefined || identityOf(stats) !== identityOf(lstatSync(root));
  } catch {
    return process.platform === 'linux';
  }
}

if (parentPort !== null) main(workerData as WatchWorkerData, parentPort);
