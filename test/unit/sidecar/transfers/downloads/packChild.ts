// A process that downloads a folder by packs, to be killed: says what it is about to receive, line by line.

import { writeSync } from 'node:fs';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Disk } from '../../../../../src/sidecar/transfers/disk/disk.ts';
import { attempt, newCounted, packSource } from './packWorld.ts';

const [shared = '', folder = '', dataFolder = '', downloadId = '', destination = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const disk = new Disk({ log: silentLog });
const record = { ...newCounted(folder, downloadId), destination };
const { source } = packSource(shared, disk, { before: ({ paths }) => void say(`pack ${paths.length}`) });
try {
  await attempt({ shared, source, disk, dataFolder, record }, { onClaim: () => void say(`claimed ${record.destination}`) });
  say('done');
} catch (error) {
  say(`failed ${error instanceof AppError ? error.kind : String(error)}`);
}
await disk.close();
