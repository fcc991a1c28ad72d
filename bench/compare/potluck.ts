// Potluck: two sidecars that know each other and have a direct link; from `shares/add` to done.

import path from 'node:path';
import { productVersion, startLoopbackNetwork, startPeer } from '../../scripts/localPeers.ts';
import { arrived, isOnline, memoryMb, processorMs, rootOf } from '../parts/benchWorld.ts';
import { downloaded, linked } from '../transfer/scene.ts';
import type { Tool } from './tool.ts';

export const potluck: Tool = {
  version: () => Promise.resolve(productVersion),
  run: async ({ folder, from, to, file }) => {
    const network = await startLoopbackNetwork();
    const peer = (name: string) =>
      startPeer({ dataFolder: path.join(folder, name), bootstrap: network.bootstrap, nickname: name });
    const [giver, taker] = [await peer('giver'), await peer('taker')];
    try {
      for (const each of [giver, taker]) await each.client.request('parties/join', { name: 'bench compare' });
      await isOnline(taker, giver, true);
      await linked(taker, giver);
      const pids = [giver, taker].map(({ client }) => client.sidecarPid);
      const before = pids.map(processorMs);
      const startedMs = performance.now();
      await giver.client.request('shares/add', { path: from, title: 'Bench' });
      const { found } = await arrived(taker, giver, (share) => share.fileCount > 0);
      const readyMs = performance.now();
      const { ms, download } = await downloaded(taker, { ...rootOf(found), path: file }, { folder: to });
      const side = (index: number) => ({
        processorMs: processorMs(pids[index] ?? 0) - (before[index] ?? 0),
        peakMb: memoryMb(pids[index] ?? 0, 'VmHWM'),
      });
      return { prepareMs: readyMs - startedMs, transferMs: ms, giver: side(0), taker: side(1), landed: download.destination };
    } finally {
      await taker.close();
      await giver.close();
      await network.close();
    }
  },
};
