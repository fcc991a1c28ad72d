// A loopback DHT and a second peer in the foreground, until Ctrl-C.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { shareAndScan, startLoopbackNetwork, startPeer } from './localPeers.ts';

/** See network.mjs for the arguments. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      peer: { type: 'string' },
      share: { type: 'string' },
      party: { type: 'string', default: 'demo' },
    },
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  const network = await startLoopbackNetwork(values.port === undefined ? undefined : Number(values.port));
  console.log(`POTLUCK_BOOTSTRAP=${network.bootstrap.join(',')}`);
  const dataFolder = values.peer === undefined ? undefined : path.resolve(values.peer);
  const peer = dataFolder && (await startPeer({ dataFolder, bootstrap: network.bootstrap, nickname: 'Ada' }));
  if (peer) {
    await peer.client.request('parties/join', { name: values.party });
    if (values.share !== undefined) {
      const folder = path.resolve(values.share);
      const known = await peer.client.request('shares/list', {});
      if (!known.some((share) => share.path === folder)) await shareAndScan(peer, folder, path.basename(folder));
    }
    console.log(`Ada (${peer.peerId}) is in the party "${values.party}".`);
  }
  await ended;
  if (peer) await peer.close();
  await network.close();
  process.exit(0);
}
