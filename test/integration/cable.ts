// A TCP cable between two sidecars that a test cuts, or lets go silent: the dialling one is started so that it reaches ports of others through it.
// Sessions, which go over UDP, do not know of it.

import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { World } from './world.ts';

/** Runs in the sidecar before it: a port that has a cable is reached by that, and by nothing else. */
const plug = (cables: string) => `
const { readFileSync } = require('node:fs');
const { Socket } = require('node:net');
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options?.port) options.port = JSON.parse(readFileSync(${JSON.stringify(cables)}, 'utf8'))[options.port] ?? options.port;
  return connect.apply(this, args);
};
`;

/** What to start a sidecar with that dials through cables. */
export function pluggedNode(world: World): string {
  const [script, hook, cables] = ['node.sh', 'plug.cjs', 'cables.json'].map((name) => path.join(world.folder, name));
  writeFileSync(cables ?? '', '{}');
  writeFileSync(hook ?? '', plug(cables ?? ''));
  writeFileSync(script ?? '', `#!/bin/sh\nexec "${process.execPath}" --require "${hook}" "$@"\n`);
  chmodSync(script ?? '', 0o755);
  return script ?? '';
}

export class Cable {
  /** Connections that ever went through it. */
  count = 0;
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  #isSilent = false;

  private constructor(targetPort: number, from: string) {
    this.#server = createServer((near) => this.#join(near, connect({ port: targetPort, host: '127.0.0.1', localAddress: from })));
  }

  /** Between the plugged sidecars and a port of another one. `from`: the address that the other one sees. */
  static async to(t: TestContext, world: World, targetPort: number, from = '127.0.0.1'): Promise<Cable> {
    const cable = new Cable(targetPort, from);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    t.after(() => {
      cable.#server.close();
      for (const socket of cable.#ends) socket.destroy();
    });
    const list = path.join(world.folder, 'cables.json');
    const cables = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Record<string, number>) : {};
    cables[targetPort] = (cable.#server.address() as AddressInfo).port;
    writeFileSync(list, JSON.stringify(cables));
    return cable;
  }

  /** As when a router forgets its connections: both ends are told at once. */
  reset(): void {
    for (const socket of this.#ends) socket.resetAndDestroy();
  }

  /** As a pulled cable: what is sent is gone, and nobody is told. Also of whoever dials now, until `heal`. */
  silence(): void {
    this.#isSilent = true;
  }

  /** For those who dial from now on. */
  heal(): void {
    this.#isSilent = false;
  }

  #join(near: Socket, far: Socket): void {
    this.count++;
    const pair = { wasSilent: false };
    const isDead = (): boolean => (pair.wasSilent ||= this.#isSilent);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(one);
      one.on('error', () => undefined); // told by the close
      one.on('data', (bytes) => {
        if (isDead() || other.destroyed || other.write(bytes)) return;
        one.pause();
        other.once('drain', () => one.resume());
      });
      one.on('close', () => {
        this.#ends.delete(one);
        if (!isDead()) other.destroy();
      });
    }
  }
}

/** A port that nobody has just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
