// Machines, switches and routers of our own, for tests of real networks: network namespaces with veth pairs between them, made by the test and
// gone with it. Processes in them see no other network; files, and so the sockets that clients use, are everybody's. Linux, as root.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clearAway, startPeer, type TestPeer } from '../integration/world.ts';

/** An interface of a machine, plugged into a switch. */
export interface Plug {
  /** As the machine sees it: `eth0`, `eth1`, … in the order of plugging. */
  name: string;
  setAddresses(addresses: string[], options?: { gateway?: string }): void;
  /** The cable is out, or in again. */
  setUp(isUp: boolean): void;
}

export interface PlugOptions {
  /** With their prefix length: `10.0.0.1/24`, `fd00::1/64`. IPv6 has a link-local one besides. */
  addresses?: string[];
  /** Where everything else goes: an address of a router on the same switch. */
  gateway?: string;
  /** Shapes what the machine sends there, with words of `tc qdisc add dev … root`: `tbf rate 8mbit burst 64kb latency 100ms`. */
  shape?: string;
}

export interface Switch {
  readonly namespace: string;
}

export interface Machine {
  readonly name: string;
  readonly namespace: string;
  /** Node, in this namespace: an executable that takes Node's arguments. */
  readonly node: string;
  plug(into: Switch, options?: PlugOptions): Plug;
  /** Runs a program to its end and answers what it printed; throws when it fails. */
  run(...command: string[]): string;
  /** As `run`, with text on its standard input: rules for `nft -f -`. */
  feed(input: string, ...command: string[]): string;
  /** Starts a program that runs until it is killed, or the test ends. */
  start(...command: string[]): ChildProcess;
  /** IPv4 alone, on what is plugged in from now on. */
  disableIPv6(): void;
  /** How far off the clock is of what starts from now on with `node`. */
  setClock(offMs: number): void;
  /** A router: passes packets on between its switches. */
  forward(): void;
}

/** A test, or what else has an end. */
export interface Ending {
  after(act: () => Promise<void>): void;
}

export interface NetWorld {
  folder: string;
  machine(name: string): Machine;
  /** `name`: for logs only. */
  switch(name: string): Switch;
  /** A real sidecar on a machine. `bootstrap`: `host:port` of DHT nodes, none = the public ones, which are out of reach. */
  peer(name: string, machine: Machine, options?: { bootstrap?: string[] }): Promise<TestPeer>;
}

/** Why no networks can be made here; undefined when they can. For `t.skip`. */
export function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `pl${process.pid}probe`;
  try {
    ip('netns', 'add', probe);
    try {
      ip('-n', probe, 'link', 'add', 'name', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1');
      ip('-n', probe, 'link', 'add', 'name', 'probe2', 'type', 'bridge');
    } finally {
      ip('netns', 'del', probe);
    }
    return undefined;
  } catch (error) {
    return `this machine does not allow network namespaces: ${error instanceof Error ? (error.message.split('\n').at(-2) ?? '') : String(error)}`;
  }
}

let count = 0;

/** A world of networks that goes away with the test. Ask `whyNot` first. */
export function createNetWorld(t: Ending): NetWorld {
  removeAbandoned();
  const folder = mkdtempSync(path.join(tmpdir(), 'pln-'));
  const namespaces: string[] = [];
  const peers: TestPeer[] = [];
  const children = new Set<ChildProcess>();
  t.after(async () => {
    await Promise.all(peers.map((peer) => peer.kill()));
    for (const child of children) child.kill('SIGKILL');
    await clearAway(folder);
    for (const namespace of namespaces) ip('netns', 'del', namespace);
  });
  const newNamespace = (): string => {
    const namespace = `pl${process.pid}x${count++}`;
    ip('netns', 'add', namespace);
    namespaces.push(namespace);
    // Addresses can be used at once: nobody else has them.
    inside(
      namespace,
      'sh',
      '-c',
      'echo 0 | tee /proc/sys/net/ipv6/conf/all/accept_dad /proc/sys/net/ipv6/conf/default/accept_dad',
    );
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  };
  return {
    folder,
    switch: () => {
      const namespace = newNamespace();
      ip('-n', namespace, 'link', 'add', 'switch', 'type', 'bridge', 'mcast_snooping', '0');
      ip('-n', namespace, 'link', 'set', 'switch', 'up');
      return { namespace };
    },
    machine: (name) => {
      const namespace = newNamespace();
      const node = path.join(folder, `node-${name}`);
      const writeNode = (options: string): void => {
        writeFileSync(node, `#!/bin/sh\nexec ip netns exec ${namespace} ${process.execPath} ${options} "$@"\n`);
        chmodSync(node, 0o755);
      };
      writeNode('');
      let plugs = 0;
      return {
        ...{ name, namespace, node },
        plug: (into, options = {}) => plugIn({ namespace, name: `eth${plugs++}` }, into, options),
        run: (...command) => inside(namespace, ...command),
        feed: (input, ...command) => run('ip', ['netns', 'exec', namespace, ...command], input),
        start: (...command) => {
          const child = spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
          children.add(child);
          child.once('exit', () => children.delete(child));
          return child;
        },
        disableIPv6: () => {
          inside(
            namespace,
            'sh',
            '-c',
            'echo 1 | tee /proc/sys/net/ipv6/conf/all/disable_ipv6 /proc/sys/net/ipv6/conf/default/disable_ipv6',
          );
        },
        setClock: (offMs) => {
          const clock = path.join(folder, `clock-${name}.cjs`);
          writeFileSync(clock, wrongClock(offMs));
          writeNode(`--require ${clock}`);
        },
        forward: () => {
          inside(namespace, 'sh', '-c', 'echo 1 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding');
        },
      };
    },
    peer: async (name, machine, { bootstrap = [] } = {}) => {
      const peer = await startPeer(path.join(folder, name), name, { bootstrap: bootstrap.join(','), execPath: machine.node });
      peers.push(peer);
      return peer;
    },
  };
}

/** For whoever is no test: a world that goes away when `act` is done with it. */
export async function inNetWorld<T>(act: (world: NetWorld) => Promise<T>): Promise<T> {
  const endings: (() => Promise<void>)[] = [];
  try {
    return await act(createNetWorld({ after: (ending) => void endings.push(ending) }));
  } finally {
    for (const ending of endings) await ending();
  }
}

/** A module that gives a Node process another time of day. */
function wrongClock(offMs: number): string {
  return `const now = Date.now;
    globalThis.Date = class extends Date {
      constructor(...args) { super(...(args.length === 0 ? [now() + ${offMs}] : args)); }
      static now() { return now() + ${offMs}; }
    };`;
}

function plugIn(end: { namespace: string; name: string }, into: Switch, options: PlugOptions): Plug {
  const { namespace, name } = end;
  const port = `port${count++}`;
  ip('-n', namespace, 'link', 'add', name, 'type', 'veth', 'peer', 'name', port, 'netns', into.namespace);
  ip('-n', into.namespace, 'link', 'set', port, 'master', 'switch', 'up');
  ip('-n', namespace, 'link', 'set', name, 'up');
  const plug: Plug = {
    name,
    setAddresses: (addresses, { gateway } = {}) => {
      ip('-n', namespace, '-4', 'addr', 'flush', 'dev', name);
      ip('-n', namespace, '-6', 'addr', 'flush', 'dev', name, 'scope', 'global');
      for (const address of addresses) ip('-n', namespace, 'addr', 'add', address, 'dev', name);
      if (gateway !== undefined)
        ip('-n', namespace, ...(gateway.includes(':') ? ['-6'] : []), 'route', 'add', 'default', 'via', gateway);
    },
    setUp: (isUp) => void ip('-n', into.namespace, 'link', 'set', port, isUp ? 'up' : 'down'),
  };
  const { gateway, shape } = options;
  plug.setAddresses(options.addresses ?? [], gateway === undefined ? {} : { gateway });
  if (shape !== undefined) inside(namespace, 'tc', 'qdisc', 'add', 'dev', name, 'root', ...shape.split(' '));
  return plug;
}

/** Namespaces whose test was killed before it could clean up. */
function removeAbandoned(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [namespace = '', pid] = /^pl(\d+)(?:x\d+|probe)/.exec(line) ?? [];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
      continue;
    } catch {
      // Nobody's.
    }
    try {
      ip('netns', 'del', namespace);
    } catch {
      // Another test was at it, too.
    }
  }
}

function inside(namespace: string, ...command: string[]): string {
  return run('ip', ['netns', 'exec', namespace, ...command]);
}

function ip(...args: string[]): string {
  return run('ip', args);
}

function run(program: string, args: string[], input?: string): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}
