// Whether a connection that came about is taken: who is kept away, how many there may be, and who came for a content only. Ends those of whoever
// is banned. Knows nothing of how they came about.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../protocol/ids.ts';
import { admissionLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf } from '../storage/identity.ts';
import { Admission, type Visitor } from './admission.ts';
import type { HandshakeGuard } from './handshakeGuard.ts';
import { Room, type RoomOptions } from './room.ts';

export interface DoorOptions {
  log: Log;
  isRefused(peerId: PeerId): boolean;
  mayComeAgain?(peerId: PeerId): boolean;
  isKnown?(peerId: PeerId): boolean;
  isOfUse?(peerId: PeerId): boolean;
  /** It was found by a content, or may have found us by one. */
  mayBeByContent(peerId: PeerId, stream: NoiseSecretStream): boolean;
  /** Hyperswarm's. */
  count(): number;
  guard(): HandshakeGuard | undefined;
  /** Of all ways in. */
  connections(): Iterable<NoiseSecretStream>;
  onUnbanned(who: Visitor): void;
  room?: Omit<RoomOptions, 'count'>;
  /** For tests. */
  unknownConnections?: number;
}

export class Door {
  /** For all ways in. */
  readonly admission: Admission;
  readonly #options: DoorOptions;
  readonly #log: Log;
  readonly #room: Room;
  /** Connections of keys that were not known when they came. Who proves a party is known from then on. */
  readonly #unknown = new Map<NoiseSecretStream, PeerId>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#log = options.log;
    this.admission = new Admission({
      log: options.log,
      isRefused: (peerId) => options.isRefused(peerId),
      mayComeAgain: (peerId) => options.mayComeAgain?.(peerId) ?? true,
      isKnown: (peerId) => this.#isKnown(peerId),
      onBanned: () => this.#endKeptAway(),
      onUnbanned: (who) => options.onUnbanned(who),
    });
    this.#room = new Room({
      ...options.room,
      // Those on which nothing came yet are counted, but not here.
      count: () => options.count() - (options.guard()?.unproven ?? 0),
    });
  }

  /** One of Hyperswarm's: how to tell that it ended; undefined: it must not be. */
  enter(peerId: PeerId, stream: NoiseSecretStream): (() => void) | undefined {
    if (this.admission.isKeptAway(peerId)) {
      this.#log.info(`${peerId} was turned away: it is to stay away`);
      return undefined;
    }
    if (!this.#hasPlaceFor(peerId)) {
      this.#log.info(`${peerId} was turned away: too many connections of strangers`);
      return undefined;
    }
    const leaveRoom = this.#room.take({
      mayBeByContent: this.#options.mayBeByContent(peerId, stream),
      isOfUse: () => this.#options.isOfUse?.(peerId) ?? false,
      end: () => {
        this.#log.info(`${peerId} makes room: nothing was asked of it, and it asked for nothing`);
        stream.destroy();
      },
    });
    if (!leaveRoom) {
      this.#log.info(`${peerId} was turned away: too many connections`);
      return undefined;
    }
    const leave = this.admission.connect({ peerId, host: stream.rawStream.remoteHost ?? undefined });
    if (!leave) {
      leaveRoom();
      return undefined;
    }
    this.#options.guard()?.connected(peerId, stream);
    if (!this.#isKnown(peerId)) this.#unknown.set(stream, peerId);
    return () => {
      this.#unknown.delete(stream);
      leaveRoom();
      leave();
    };
  }

  /** Strangers from many addresses do not take the places of friends. */
  #hasPlaceFor(newcomer: PeerId): boolean {
    const most = this.#options.unknownConnections ?? admissionLimits.unknownConnections;
    if (this.#unknown.size < most || this.#isKnown(newcomer)) return true;
    for (const [stream, peerId] of this.#unknown) if (this.#isKnown(peerId)) this.#unknown.delete(stream);
    return this.#unknown.size < most;
  }

  #isKnown(peerId: PeerId): boolean {
    return this.#options.isKnown?.(peerId) ?? false;
  }

  #endKeptAway(): void {
    for (const stream of this.#options.connections()) {
      const host = stream.rawStream.remoteHost;
      const peerId = stream.remotePublicKey && peerIdOf(stream.remotePublicKey);
      if (peerId && !this.admission.mayEnter({ peerId, ...(host && { host }) })) stream.destroy();
    }
  }
}
