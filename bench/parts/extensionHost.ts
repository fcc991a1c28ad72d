// The extension host of a VS Code that a bench started, as Linux shows it: its memory, and how much of a processor it takes.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { usedBytes } from './heapOf.ts';
import { median } from './report.ts';

export interface Megabytes {
  resident: number;
  inUse: number;
}

/** The one that was given this data folder. */
export function extensionHostPid(home: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('extensionHost')) continue;
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`POTLUCK_HOME=${home}\0`)) continue;
      return Number(pid);
    } catch {
      continue; // it ended
    }
  }
  throw new Error('There is no extension host.');
}

/** What is in use once garbage is collected, then the middle of the ten seconds after it. */
export async function megabytesOf(pid: number): Promise<Megabytes> {
  const inUse = (await usedBytes(pid)) / 1024 / 1024;
  const seen: number[] = [];
  for (let n = 0; n < 10; n++) {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    seen.push(Number(kilobytes) / 1024);
    await wait(1000);
  }
  return { resident: median(seen), inUse };
}

/** How much of one processor it takes meanwhile, in percent. The kernel counts in ticks of 10 ms. */
export async function busyPercent<T>(pid: number, run: () => Promise<T>): Promise<[percent: number, result: T]> {
  const busyMs = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const [startMs, startBusyMs] = [performance.now(), busyMs()];
  const result = await run();
  return [(100 * (busyMs() - startBusyMs)) / (performance.now() - startMs), result];
}
