// `npm run bench -- nat [--runs N] [--only NAME]`: the table of docs/nat.md. Tries each pair of routers, the local network without a way out, and
// changes of address often, each time with new sidecars, and prints what connected, by which path, in what time. Linux, as root.

import { parseArgs } from 'node:util';
import { natCases } from '../test/namespaces/natCases.ts';
import { createInternet, type Home, type Internet, meet, type NatKind } from '../test/namespaces/natWorld.ts';
import { browsable, changeInTheMiddle, joinAndBrowse, MiB, onIPv4, peopled, twoMachines } from '../test/namespaces/scene.ts';
import { inNetWorld, type NetWorld, whyNot } from '../test/namespaces/world.ts';
import type { PeerInfo } from '../src/protocol/model.ts';
import { percentile } from './parts/report.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' }, only: { type: 'string' } } });
const runs = Number(values.runs);

const reason = whyNot();
if (reason !== undefined) {
  console.log(`No networks can be made here: ${reason}`);
  process.exit(1);
}

/** What one try came to. Undefined: not. */
interface Try {
  ms?: number | undefined;
  browsableMs?: number | undefined;
  /** Not connected, as it must be, and told why after so long. */
  whyNotMs?: number | undefined;
  peer?: PeerInfo | undefined;
}

interface Row {
  name: string;
  /** Makes the networks once, and answers how to try in them. */
  readonly open: (world: NetWorld) => Promise<(run: number) => Promise<Try>>;
}

/** What is downloaded while an address changes. */
const movedBytes = 24 * MiB;

const rows: Row[] = [
  ...natCases.map((given) => ({
    name: given.name,
    open: async (world: NetWorld) => {
      const internet = await createInternet(world);
      const homes = pair(internet, given.kinds);
      return async (run: number) => {
        const { one, two, ...found } = await meet(internet, homes, given, { run });
        await Promise.all([one.stop(), two.stop()]);
        return found;
      };
    },
  })),
  {
    name: 'local network, no way out, no bootstrap node',
    open: (world) => {
      const machines = twoMachines(world, onIPv4);
      return Promise.resolve(async (run) => {
        const two = await peopled(world, machines, run);
        const { ms, peer } = await joinAndBrowse(two, 1000);
        await Promise.all([two.ann.stop(), two.ben.stop()]);
        return { browsableMs: ms, peer };
      });
    },
  },
  {
    name: 'address changes in mid-transfer: local network',
    open: (world) => {
      const machines = twoMachines(world, onIPv4, { isWithoutIPv6: true });
      return Promise.resolve(async (run) => {
        const two = await peopled(world, machines, run);
        const shared = await joinAndBrowse(two, movedBytes);
        const ms = await changeInTheMiddle(two, shared, () => machines.plugs[0].setAddresses([`10.20.0.${10 + run}/24`]));
        await Promise.all([two.ann.stop(), two.ben.stop()]);
        return { ms, peer: shared.peer };
      });
    },
  },
  moving('address changes in mid-transfer: open-open', ['open', 'open']),
  moving('address changes in mid-transfer: cone-cone', ['cone', 'cone']),
];

const figures: Record<string, number> = {};
console.log(
  '| networks | connected | path | why | connected after: median, 95 %, worst | browsable after: median, 95 %, worst |',
);
console.log('|---|--:|---|---|--:|--:|');
for (const { name, open } of rows.filter((row) => values.only === undefined || row.name.includes(values.only))) {
  const tries = await inNetWorld(async (world) => {
    const attempt = await open(world);
    const found: Try[] = [];
    for (let run = 1; run <= runs; run++) found.push(await attempt(run).catch(failed));
    return found;
  });
  const good = tries.filter(({ ms, browsableMs }) => ms !== undefined || browsableMs !== undefined);
  const paths = counted(good.map(({ peer }) => peer?.path ?? 'none'));
  const reasons = counted(good.map(({ peer }) => peer?.pathReason ?? 'none'));
  const unmet = tries.flatMap(({ whyNotMs }) => whyNotMs ?? []);
  if (unmet.length > 0) console.error(`${name}: ${unmet.length} of ${runs} were told why not, after ${told(unmet)}`);
  const times = [good.map(({ ms }) => ms), good.map(({ browsableMs }) => browsableMs)].map(told);
  console.log(`| ${[name, `${good.length}/${runs}`, paths, reasons, ...times].join(' | ')} |`);
  figures[`${name}, connected`] = good.length;
  const middle = good.flatMap(({ ms, browsableMs }) => ms ?? browsableMs ?? []);
  if (middle.length > 0) figures[`${name}, ms`] = Math.round(percentile(middle, 50));
}
console.log(JSON.stringify({ name: 'nat', figures }));

/** The public address of the one who gives changes while the other downloads. */
function moving(name: string, kinds: [NatKind, NatKind]): Row {
  return {
    name,
    open: async (world) => {
      const internet = await createInternet(world);
      const homes = pair(internet, kinds);
      const given = { useRelay: false, path: 'direct', timeoutMs: 60_000 } as const;
      return async (run) => {
        const { one, two, content, browsableMs, peer } = await meet(internet, homes, given, { run, bytes: movedBytes });
        if (browsableMs === undefined) throw new Error('They never met.');
        const table = await browsable(two, one);
        const ms = await changeInTheMiddle({ ann: one, ben: two }, { content, table }, homes[0].move);
        await Promise.all([one.stop(), two.stop()]);
        return { ms, peer };
      };
    },
  };
}

function pair(internet: Internet, [one, two]: readonly [NatKind, NatKind]): [Home, Home] {
  return [internet.home(one), internet.home(two)];
}

function failed(error: unknown): Try {
  console.error(error);
  return {};
}

function told(times: readonly (number | undefined)[]): string {
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return '';
  const seconds = (percent: number): string => (percentile(known, percent) / 1000).toFixed(2);
  return `${seconds(50)}, ${seconds(95)}, ${seconds(100)} s`;
}

function counted(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => (counts.size === 1 ? value : `${value} ${count}`)).join(', ');
}
