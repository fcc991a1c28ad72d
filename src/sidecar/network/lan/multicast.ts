// Multicast DNS on one interface, for one family of addresses: says what it is given, and hands on what could concern us, of machines on the same
// wire, and not more than anybody needs. The port that others use, too, is shared with them. What cannot be had is told and tried again.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import multicastDns, { type HostAddress, type MulticastDns, type Srv } from 'multicast-dns';
import { mayConcernUs, question } from './announcement.ts';
import { isOn, type LanInterface } from './interfaces.ts';

const groups = { IPv4: '224.0.0.251', IPv6: 'ff02::fb' } as const;

export interface MulticastOptions {
  lan: LanInterface;
  /** False when there were too many packets of this neighbour, or in all. */
  isInTime(host: string): boolean;
  onQuery(packet: unknown): void;
  onResponse(packet: unknown, from: RemoteInfo): void;
  /** It works, or why it does not. */
  onState(failure: string | undefined): void;
}

export class Multicast {
  readonly #options: MulticastOptions;
  #dns: MulticastDns | undefined;
  #failure: string | undefined;

  constructor(options: MulticastOptions) {
    this.#options = options;
  }

  get lan(): LanInterface {
    return this.#options.lan;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  open(): void {
    const options = this.#options;
    const { lan } = options;
    const isIPv6 = lan.family === 'IPv6';
    const socket = createSocket({ type: isIPv6 ? 'udp6' : 'udp4', reuseAddr: true, ...(isIPv6 && { ipv6Only: true }) });
    // A socket gets what comes for its group on whatever interface.
    const isOurs = (packet: Buffer, from: RemoteInfo) =>
      mayConcernUs(packet) && isOn(lan, from.address) && options.isInTime(from.address);
    const dns = multicastDns({
      ...(isIPv6 && { type: 'udp6' as const, ip: groups.IPv6 }),
      interface: isIPv6 ? `::%${lan.zone}` : lan.address,
      bind: isIPv6 ? '::' : '0.0.0.0',
      socket: new GuardedSocket(socket, isOurs),
    });
    this.#dns = dns;
    dns.on('error', (error) => {
      if (this.#dns !== dns) return;
      this.close();
      this.#told(error.message);
    });
    // No group on this interface yet, or a packet that is none; sending tells what matters.
    dns.on('warning', () => undefined);
    dns.on('query', (packet) => options.onQuery(packet));
    dns.on('response', (packet, from) => options.onResponse(packet, from));
  }

  close(): void {
    this.#dns?.destroy();
    this.#dns = undefined;
  }

  /** Opens it again where it did not come up. */
  look(): void {
    if (!this.#dns) this.open();
  }

  ask(): void {
    this.#dns?.query(question, (error) => this.#told(error?.message));
  }

  say(packets: readonly { answers: Srv[]; additionals: HostAddress[] }[]): void {
    for (const packet of packets) this.#dns?.respond(packet, (error) => this.#told(error?.message));
  }

  #told(failure: string | undefined): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.#options.onState(failure);
  }
}

/** The parts of a UDP socket that multicast-dns uses; packets that are not for us are dropped before they are decoded. */
class GuardedSocket extends EventEmitter {
  readonly #socket: Socket;

  constructor(socket: Socket, isOurs: (packet: Buffer, from: RemoteInfo) => boolean) {
    super();
    this.#socket = socket;
    socket.on('message', (packet, from) => {
      if (isOurs(packet, from)) this.emit('message', packet, from);
    });
    socket.on('listening', () => this.emit('listening'));
    socket.on('error', (error) => this.emit('error', error));
  }

  bind(port: number, host: string, done: () => void): void {
    this.#socket.bind(port, host, done);
  }

  send(bytes: Buffer, at: number, length: number, port: number, host: string, done: (error: Error | null) => void): void {
    try {
      this.#socket.send(bytes, at, length, port, host, done);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error))); // Closed meanwhile.
    }
  }

  address() {
    return this.#socket.address();
  }

  addMembership(group: string, on: string): void {
    this.#socket.addMembership(group, on);
  }

  dropMembership(group: string, on: string): void {
    this.#socket.dropMembership(group, on);
  }

  setMulticastTTL(hops: number): void {
    this.#socket.setMulticastTTL(hops);
  }

  setMulticastLoopback(isOn: boolean): void {
    this.#socket.setMulticastLoopback(isOn);
  }

  setMulticastInterface(on: string): void {
    this.#socket.setMulticastInterface(on);
  }

  close(done: () => void): void {
    try {
      this.#socket.close(done);
    } catch {
      process.nextTick(done); // It never opened.
    }
  }
}
