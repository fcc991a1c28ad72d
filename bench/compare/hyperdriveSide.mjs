// One side of Hyperdrive over Hyperswarm: `giver` imports a file into a drive, `taker` replicates it and writes the file. See packaged.ts.

import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import Corestore from 'corestore';
import HyperDHT from 'hyperdht';
import Hyperdrive from 'hyperdrive';
import Hyperswarm from 'hyperswarm';

const [role, folder, bootstrap] = process.argv.slice(2);
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const store = new Corestore(folder);
const swarm = new Hyperswarm({ dht: new HyperDHT({ bootstrap: bootstrap.split(','), host: '127.0.0.1' }) });
swarm.on('connection', (stream) => store.replicate(stream));
// Both have met before anything is measured.
const topic = Buffer.alloc(32, 7);
swarm.join(topic);
await new Promise((resolve) => {
  swarm.once('connection', resolve);
});
tell({ isReady: true });

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (role === 'giver') {
    const drive = new Hyperdrive(store);
    await pipeline(createReadStream(asked.path, { highWaterMark: 1 << 20 }), drive.createWriteStream('/file'));
    tell({ key: drive.key.toString('hex') });
  } else {
    const drive = new Hyperdrive(store, Buffer.from(asked.ticket.key, 'hex'));
    await drive.ready();
    await drive.core.update({ wait: true });
    const download = drive.download('/file');
    await pipeline(drive.createReadStream('/file', { wait: true }), createWriteStream(asked.path));
    await download;
    tell({ isDone: true });
  }
}
