// Homes behind routers, and an internet between them with bootstrap nodes of our own: what NAT tests and the table of docs/nat.md run in.

import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { NatCase } from './natCases.ts';
import { builtFolder, type TestPeer, until } from '../integration/world.ts';
import type { NetReport, PeerInfo, SidecarStatus } from '../../src/protocol/model.ts';
import { browsable, join, share } from './scene.ts';
import type { Machine, NetWorld, Plug, Switch } from './world.ts';

/** `open`: a public address. `cone`: the router keeps the port; `symmetric`: it chooses another one for every other end. Both filter like at home. */
export type NatKind = 'open' | 'cone' | 'symmetric';

export interface Internet {
  bootstrap: string[];
  /** Key of the relay on the bootstrap machine. */
  relay: string;
  /** A machine behind such a router, or none. */
  home(kind: NatKind): Home;
  /** Whether the bootstrap nodes and the relay can be reached. */
  setBootstrapUp(isUp: boolean): void;
  world: NetWorld;
}

export interface Home {
  machine: Machine;
  kind: NatKind;
  /** Its provider gives it another public address, or the first one again. */
  readonly move: () => void;
  /** The cable to its provider is out, or in again. */
  setUp(isUp: boolean): void;
}

/** What a router does to packets; `masquerade` keeps the port where it is free. Unasked ones from outside are dropped, as home routers do. */
function routerRules(kind: 'cone' | 'symmetric'): string {
  return `
    table ip home {
      chain source { type nat hook postrouting priority srcnat; oifname "eth0" masquerade ${kind === 'symmetric' ? 'random,fully-random' : ''}; }
      chain through { type filter hook forward priority filter; policy drop;
        iifname "eth1" accept
        ct state established,related accept
      }
      chain inward { type filter hook input priority filter; iifname "eth0" ct state new drop; }
    }`;
}

/** Public addresses: none of those that peers take for local, nor those that hyperdht takes for documentation. */
const publicHost = (number: number) => `5.5.0.${number}`;

/** Throws where the kernel cannot translate addresses. */
export async function createInternet(world: NetWorld): Promise<Internet> {
  const internet = world.switch('internet');
  const server = world.machine('bootstrap');
  const uplink = server.plug(internet, { addresses: [`${publicHost(1)}/24`] });
  const args = ['--host', publicHost(1), '--port', '40000', '--relay', '--data-folder', path.join(world.folder, 'bootstrap')];
  const node = server.start(process.execPath, path.join(builtFolder, 'bootstrapNode.cjs'), ...args);
  if (!node.stdout) throw new Error('no output of the bootstrap process');
  const [line] = (await once(createInterface(node.stdout), 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
  const { bootstrap, relay } = JSON.parse(line) as { bootstrap: string[]; relay: string };
  let homes = 0;
  return {
    ...{ bootstrap, relay, world },
    setBootstrapUp: (isUp) => uplink.setUp(isUp),
    home: (kind) => {
      const number = ++homes;
      const machine = world.machine(`${kind}${number}`);
      const place = { addresses: [`${publicHost(10 + number)}/24`] };
      const outside = kind === 'open' ? machine.plug(internet, place) : behindRouter(world, { machine, internet, kind, number });
      let isAway = false;
      const move = (): void => {
        isAway = !isAway;
        outside.setAddresses([`${publicHost((isAway ? 100 : 10) + number)}/24`]);
      };
      return { machine, kind, move, setUp: (isUp) => outside.setUp(isUp) };
    },
  };
}

/** Answers where its router is plugged in. */
function behindRouter(
  world: NetWorld,
  given: { machine: Machine; internet: Switch; kind: 'cone' | 'symmetric'; number: number },
): Plug {
  const { machine, internet, kind, number } = given;
  const router = world.machine(`router${number}`);
  const home = world.switch(`home${number}`);
  const outside = router.plug(internet, { addresses: [`${publicHost(10 + number)}/24`] });
  router.plug(home, { addresses: [`192.168.${number}.1/24`] });
  router.forward();
  router.feed(routerRules(kind), 'nft', '-f', '-');
  machine.plug(home, { addresses: [`192.168.${number}.2/24`], gateway: `192.168.${number}.1` });
  return outside;
}

type Nat = SidecarStatus['network']['nat'];

export interface Met {
  one: TestPeer;
  two: TestPeer;
  /** From the second's joining to both seeing each other, and to its browsing what the first shares; undefined: never. */
  ms: number | undefined;
  browsableMs: number | undefined;
  /** From the second's joining to a diagnosis that says why not; undefined: none did, or they met. */
  whyNotMs: number | undefined;
  /** What the first shares. */
  content: Buffer;
  /** As the second sees the first. */
  peer: PeerInfo | undefined;
  nats: Nat[];
}

/** What a sidecar should find out of itself there. */
export const natOf = { open: 'open', cone: 'consistent', symmetric: 'random' } as const;

/** Waits until a sidecar knows what is in front of it, as a user's does by the time that something is done with it. Answers what it thinks. */
async function settle({ client }: TestPeer, expected: Nat): Promise<Nat> {
  const nat = async () => (await client.request('sidecar/status', {})).network.nat;
  const isRight = async () => (await nat()) === expected;
  // What it thinks else is for the caller to judge.
  await until(client, ['network/changed'], isRight, { what: 'knowing the NAT', timeoutMs: 10_000 }).catch(() => undefined);
  return nat();
}

export interface MeetOptions {
  run?: number;
  /** What the first shares. */
  bytes?: number;
}

/** Two new sidecars in two homes join a party, the second when the first is announced; waits until they see each other, and one browses the other. */
export async function meet(
  internet: Internet,
  homes: [Home, Home],
  given: Pick<NatCase, 'useRelay' | 'path' | 'timeoutMs'>,
  { run = 1, bytes = 1000 }: MeetOptions = {},
): Promise<Met> {
  const { bootstrap, relay, world } = internet;
  const [one, two] = await Promise.all([
    world.peer(`one${run}`, homes[0].machine, { bootstrap }),
    world.peer(`two${run}`, homes[1].machine, { bootstrap }),
  ]);
  const content = await share(world, one, bytes);
  const nats = await Promise.all([settle(one, natOf[homes[0].kind]), settle(two, natOf[homes[1].kind])]);
  const relaying = given.useRelay ? { useRelay: true, relay } : {};
  for (const { client } of [one, two]) await client.request('settings/set', relaying);
  const name = `behind routers ${run}`;
  await join([one], name);
  const isAnnounced = async () => (await one.client.request('parties/list', {}))[0]?.state === 'joined';
  await until(one.client, ['parties/changed'], isAnnounced, { what: 'announcing the party' });
  const startedAt = performance.now();
  await join([two], name);
  const since = () => performance.now() - startedAt;
  const base = { one, two, content, nats };
  if (given.path === undefined) {
    const told = isToldWhyNot(one, two, given.timeoutMs).then((isTold) => (isTold ? since() : undefined));
    const ms = await met(two, one, given.timeoutMs).then(since, () => undefined);
    return { ...base, ms, browsableMs: undefined, whyNotMs: await told, peer: await asSeen(two, one) };
  }
  const times = Promise.all([
    Promise.all([met(two, one, given.timeoutMs), met(one, two, given.timeoutMs)]).then(since),
    met(two, one, given.timeoutMs)
      .then(() => browsable(two, one))
      .then(since),
  ]);
  const [ms, browsableMs] = await times.catch(() => []);
  return { ...base, ms, browsableMs, whyNotMs: undefined, peer: await asSeen(two, one) };
}

async function asSeen(viewer: TestPeer, peer: TestPeer): Promise<PeerInfo | undefined> {
  return (await viewer.client.request('peers/list', {})).find(({ peerId }) => peerId === peer.client.peerId);
}

async function met(viewer: TestPeer, peer: TestPeer, timeoutMs: number): Promise<void> {
  const isThere = async () => (await asSeen(viewer, peer))?.isOnline;
  await until(viewer.client, ['peers/changed'], isThere, { what: 'meeting', timeoutMs });
}

/** Asks again and again why they do not meet: each diagnosis takes its time. */
async function isToldWhyNot(one: TestPeer, two: TestPeer, timeoutMs: number): Promise<boolean> {
  for (const until = performance.now() + timeoutMs; performance.now() < until;) {
    const reports = await Promise.all([diagnosisOf(one), diagnosisOf(two)]);
    if (reports.some(({ findings }) => findings.some(({ text }) => / is not reached: /.test(text)))) return true;
  }
  return false;
}

export async function diagnosisOf({ client }: TestPeer): Promise<NetReport> {
  return client.request('network/diagnose', {}, { timeoutMs: 20_000 });
}
