// One disk worker for the tests of a file.

import { after } from 'node:test';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Disk } from '../../../../../src/sidecar/transfers/disk/disk.ts';

export const disk = new Disk({ log: silentLog });
after(() => disk.close());

export const signal = new AbortController().signal;
