// What we use of multicast-dns 7.2.5, which has no types of its own. What it hands out was decoded from a packet of anybody's.

declare module 'multicast-dns' {
  import type { EventEmitter } from 'node:events';
  import type { RemoteInfo } from 'node:dgram';

  interface Srv {
    name: string;
    type: 'SRV';
    ttl: number;
    data: { port: number; target: string };
  }

  interface HostAddress {
    name: string;
    type: 'A' | 'AAAA';
    ttl: number;
    data: string;
  }

  interface Question {
    name: string;
    type: 'PTR';
  }

  interface MulticastDns extends EventEmitter {
    respond(packet: { answers: Srv[]; additionals: HostAddress[] }, done: (error?: Error | null) => void): void;
    query(packet: { questions: Question[] }, done: (error?: Error | null) => void): void;
    destroy(done?: () => void): void;
    on(event: 'query' | 'response', listener: (packet: unknown, from: RemoteInfo) => void): this;
    /** `error`: the port cannot be had; it does nothing more. `warning`: anything else, packets that are none among it. */
    on(event: 'error' | 'warning', listener: (error: Error) => void): this;
    on(event: 'ready', listener: () => void): this;
  }

  interface Options {
    type?: 'udp4' | 'udp6';
    /** The group. */
    ip?: string;
    port?: number;
    interface?: string;
    bind?: string;
    socket?: object;
  }

  function multicastDns(options: Options): MulticastDns;

  namespace multicastDns {
    export { HostAddress, MulticastDns, Question, Srv };
  }

  export = multicastDns;
}
