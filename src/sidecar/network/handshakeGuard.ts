// Hyperswarm's door: every first packet of a handshake makes state and work in hyperdht (lib/server.js), without any maximum of its own. This
// counts them before that, refuses whoever is kept away as soon as its key is known, and ends connections on which nothing ever comes.
// What is overridden has no public name: package.json pins the version, and test/unit/sidecar/network/handshakeGuard.test.ts tells when it is another.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { HandshakeAddress, HandshakePayload, Server } from 'hyperdht';
import type { PeerId } from '../../protocol/ids.ts';
import { admissionLimits } from '../limits.ts';
import { peerIdOf } from '../storage/identity.ts';
import type { Admission } from './admission.ts';
import { Remembered } from './places.ts';

/** A handshake that was answered. */
interface Answered {
  done(): void;
}

export class HandshakeGuard {
  readonly #admission: Admission;
  readonly #answered = new Map<PeerId, Answered[]>();
  /** Of handshakes whose key was looked at. A replayed one would take the place of the peer's live connection. */
  readonly #seen = new Remembered(admissionLimits.remembered);
  /** Which packet a key was read from: hyperdht hands on the same object. */
  readonly #packets = new WeakMap<HandshakeAddress, string>();
  readonly #unproven = new Set<NoiseSecretStream>();
  #isClosed = false;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Before it listens. */
  attach(server: Server): void {
    const answer = server._onpeerhandshake.bind(server);
    server._onpeerhandshake = async (message, request) => {
      const { noise } = message;
      const isRepeated = server._connects.has(Buffer.from(noise).toString('hex'));
      if (!isRepeated) {
        const from = message.peerAddress ?? request.from;
        // Noise opens with a key made for this handshake alone.
        const packet = Buffer.from(noise.subarray(0, 32)).toString('base64');
        if (this.#isClosed || this.#seen.has(packet) || !this.#admission.knock(from.host)) return null;
        this.#packets.set(from, packet);
      }
      return answer(message, request);
    };
    const firewall = server.firewall.bind(server);
    server.firewall = async (publicKey, payload, from) => {
      this.#remember(from);
      const place = this.#admission.identify({ peerId: peerIdOf(publicKey), host: from.host });
      if (!place) return true;
      keepFewAddresses(payload);
      const answered = this.#hold(peerIdOf(publicKey), place);
      const isRefused = await firewall(publicKey, payload, from);
      if (isRefused) answered.done();
      return isRefused;
    };
    server.holepunch = mayPunch;
  }

  /** A connection that came of a handshake. It ends when nothing comes on it: whoever answers has more than a copy of a packet. */
  connected(peerId: PeerId, stream: NoiseSecretStream): void {
    const answered = stream.isInitiator ? undefined : this.#answered.get(peerId)?.at(-1);
    const timer = setTimeout(() => stream.destroy(), admissionLimits.handshakeMs);
    const end = (): void => {
      clearTimeout(timer);
      answered?.done();
      this.#unproven.delete(stream);
    };
    this.#unproven.add(stream);
    stream.once('close', end);
    if ((stream.rawStream.bytesReceived ?? 0) > 0) end();
    else stream.rawStream.once('data', end);
  }

  /** Connections on which nothing came yet. */
  get unproven(): number {
    return this.#unproven.size;
  }

  close(): void {
    this.#isClosed = true;
    for (const answered of [...this.#answered.values()].flat()) answered.done();
  }

  #remember(from: HandshakeAddress): void {
    const packet = this.#packets.get(from);
    if (packet !== undefined) this.#seen.add(packet);
  }

  #hold(peerId: PeerId, free: () => void): Answered {
    const held = this.#answered.get(peerId) ?? [];
    this.#answered.set(peerId, held);
    const answered = {
      done: () => {
        clearTimeout(timer);
        free();
        const at = held.indexOf(answered);
        if (at >= 0) held.splice(at, 1);
        if (held.length === 0 && this.#answered.get(peerId) === held) this.#answered.delete(peerId);
      },
    };
    // hyperdht gives up at the same time, and tells nobody.
    const timer = setTimeout(answered.done, admissionLimits.handshakeMs).unref();
    held.push(answered);
    return answered;
  }
}

/** Whoever names more is after somebody else's door: each address would get packets from us. */
export function keepFewAddresses(payload: Pick<HandshakePayload, 'addresses4' | 'addresses6' | 'relayAddresses'>): void {
  payload.addresses4.splice(admissionLimits.addresses);
  payload.addresses6.splice(admissionLimits.addresses);
  payload.relayAddresses?.splice(admissionLimits.addresses);
}

/** For hyperdht's `holepunch`, of servers and of connects. */
export function mayPunch(_remoteFirewall: number, _firewall: number, remoteAddresses: readonly unknown[]): boolean {
  return remoteAddresses.length <= admissionLimits.addresses;
}
