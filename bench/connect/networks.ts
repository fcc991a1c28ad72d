// What takes networks of our own to measure: the local network without internet, and two homes whose routers are punched. Linux, as root; else told.

import { createInternet, meet } from '../../test/namespaces/natWorld.ts';
import { joinAndBrowse, onIPv4, peopled, twoMachines } from '../../test/namespaces/scene.ts';
import { inNetWorld, type Machine, whyNot } from '../../test/namespaces/world.ts';
import { median, type Report } from '../parts/report.ts';
import { bareMdnsMs, bareSwarmMs, type Start } from './bare.ts';

const limitMs = 3000;

/** Joining to browsing in networks; says why when none can be made. */
export async function inNetworks(report: Report, runs: number): Promise<void> {
  const reason = whyNot();
  if (reason !== undefined) {
    console.log(`  not measured: local network and routers (${reason})`);
    return;
  }
  await localNetwork(report, runs);
  await punched(report, runs);
}

/** Two machines on one switch, no way out, no bootstrap node. */
async function localNetwork(report: Report, runs: number): Promise<void> {
  const [browsable, bare]: [number[], number[]] = [[], []];
  await inNetWorld(async (world) => {
    const machines = twoMachines(world, onIPv4);
    const [left, right] = machines.machines;
    for (let run = 1; run <= runs; run++) {
      bare.push(await bareMdnsMs([nodeOn(left), nodeOn(right)], 'eth0'));
      const { ann, ben } = await peopled(world, machines, run);
      browsable.push((await joinAndBrowse({ world, ann, ben }, 1000)).ms);
      await Promise.all([ann.stop(), ben.stop()]);
    }
  });
  const baseline: [string, number] = ['multicast DNS and TCP alone', median(bare)];
  report.add({ name: 'local network, browsable', value: median(browsable), unit: 'ms', limit: limitMs, baseline });
  report.add({ name: 'local network, slowest', value: Math.max(...browsable), unit: 'ms' });
}

/** Two homes whose routers keep ports, and drop what was not asked for. */
async function punched(report: Report, runs: number): Promise<void> {
  const [browsable, session, bare]: [number[], number[], number[]] = [[], [], []];
  await inNetWorld(async (world) => {
    const internet = await createInternet(world);
    const [one, two] = [internet.home('cone'), internet.home('cone')];
    const given = { useRelay: false, path: 'direct', timeoutMs: 30_000 } as const;
    for (let run = 1; run <= runs; run++) {
      bare.push(await bareSwarmMs([nodeOn(one.machine), nodeOn(two.machine)], internet.bootstrap));
      const met = await meet(internet, [one, two], given, { run });
      if (met.ms === undefined || met.browsableMs === undefined) throw new Error('Two peers behind routers did not meet.');
      session.push(met.ms);
      browsable.push(met.browsableMs);
      await Promise.all([met.one.stop(), met.two.stop()]);
    }
  });
  const baseline: [string, number] = ['bare Hyperswarm', median(bare)];
  report.add({ name: 'punched, browsable', value: median(browsable), unit: 'ms', limit: limitMs });
  report.add({ name: 'punched, to a session', value: median(session), unit: 'ms', baseline });
  report.add({ name: 'punched, slowest', value: Math.max(...browsable), unit: 'ms' });
}

function nodeOn(machine: Machine): Start {
  return (...args) => machine.start(process.execPath, ...args);
}
