// The limit that transfers are held against: a raw NoiseSecretStream between two processes, over TCP or over UDX.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const side = fileURLToPath(new URL('./rawSide.ts', import.meta.url));

/** Bytes a second, over `tcp` or over `udx` (found by key on this DHT). */
export async function rawStream(way: 'tcp' | 'udx', bytes: number, bootstrap: readonly string[]): Promise<number> {
  const sender = fork(side, ['send', way, String(bytes), '', bootstrap.join(',')]);
  try {
    const [{ target }] = (await once(sender, 'message')) as [{ target: string }];
    const receiver = fork(side, ['receive', way, String(bytes), target, bootstrap.join(',')]);
    const [{ ms }] = (await once(receiver, 'message')) as [{ ms: number }];
    return (bytes * 1000) / ms;
  } finally {
    sender.kill('SIGKILL');
  }
}
