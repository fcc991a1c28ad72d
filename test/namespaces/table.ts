// Not part of `npm test`: tries each pair of NATs often, each time with new sidecars, and prints what connected, by which path, in what time.
// `sudo node test/namespaces/table.ts [runs] [case]` on Linux, after `npm run build`. For docs/nat.md.

import type { TestContext } from 'node:test';
import { natCases } from './natCases.ts';
import { createInternet, meet } from './natWorld.ts';
import { createNetWorld, whyNot } from './world.ts';

const [runs = '20', only] = process.argv.slice(2);

const reason = whyNot();
if (reason !== undefined) {
  process.stdout.write(`No networks can be made here: ${reason}\n`);
  process.exit(1);
}

process.stdout.write('| pair | connected | path | why | median s | p90 s | longest s |\n|---|--:|---|---|--:|--:|--:|\n');
for (const given of natCases.filter(({ name }) => only === undefined || name === only)) {
  const endings: (() => unknown)[] = [];
  const context = { after: (ending: () => unknown) => void endings.push(ending) } as unknown as TestContext;
  try {
    const internet = await createInternet(createNetWorld(context));
    const machines = [internet.home(given.kinds[0]), internet.home(given.kinds[1])] as const;
    const times: number[] = [];
    const paths = new Map<string, number>();
    const reasons = new Map<string, number>();
    for (let run = 1; run <= Number(runs); run++) {
      const { one, two, ms, peer } = await meet(internet, [...machines], given, run);
      if (ms !== undefined) {
        times.push(ms);
        count(paths, peer?.path ?? 'none');
        count(reasons, peer?.pathReason ?? 'none');
      }
      await Promise.all([one.stop(), two.stop()]);
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => ((times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? NaN) / 1000).toFixed(1);
    const row = [given.name, `${times.length}/${runs}`, told(paths), told(reasons), at(0.5), at(0.9), at(1)];
    process.stdout.write(`| ${row.join(' | ')} |\n`);
  } finally {
    for (const ending of endings) await ending();
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function told(counts: Map<string, number>): string {
  return [...counts].map(([key, times]) => (counts.size === 1 ? key : `${key} ${times}`)).join(', ');
}
