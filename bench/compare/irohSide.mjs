// One side of iroh-blobs: `giver` imports a file in place and tells its hash and address, `taker` downloads and exports it. See packaged.ts.

import { createInterface } from 'node:readline';
import packed from '@number0/iroh';

const { BlobDownloadOptions, Iroh, SetTagOption } = packed;

const [role, folder] = process.argv.slice(2);
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const node = await Iroh.persistent(folder, { ipv4Addr: '127.0.0.1:0', nodeDiscovery: 'None' });
tell({ isReady: true });

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (role === 'giver') tell(await give(asked.path));
  else {
    await take(asked.ticket, asked.path);
    tell({ isDone: true });
  }
}

function give(path) {
  return new Promise((resolve, reject) => {
    const onProgress = (error, progress) => {
      if (error) return reject(error);
      const done = progress.allDone;
      if (done) node.net.nodeAddr().then((address) => resolve({ hash: done.hash, format: done.format, address }), reject);
    };
    node.blobs.addFromPath(path, true, SetTagOption.auto(), { wrap: false }, onProgress).catch(reject);
  });
}

async function take({ hash, format, address }, path) {
  await new Promise((resolve, reject) => {
    const onProgress = (error, progress) => {
      if (error) reject(error);
      else if (progress.abort) reject(new Error(progress.abort.error));
      else if (progress.allDone) resolve();
    };
    const options = new BlobDownloadOptions(format, [address], SetTagOption.auto());
    node.blobs.download(hash, options, onProgress).catch(reject);
  });
  await node.blobs.export(hash, path, 'Blob', 'TryReference');
}
