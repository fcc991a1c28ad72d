// Many peers of one sidecar in this process: real connections with keys of their own, real sessions, no shares.

import { once } from 'node:events';
import HyperDHT from 'hyperdht';
import { isPartyId, type PeerId } from '../../src/protocol/ids.ts';
import { silentLog } from '../../src/sidecar/log.ts';
import { proofOf } from '../../src/sidecar/network/partyProof.ts';
import { peerIdOf, publicKeyOf } from '../../src/sidecar/storage/identity.ts';
import type { PeerSession, SessionEvents } from '../../src/sidecar/wire/services.ts';
import { openSession } from '../../src/sidecar/wire/session.ts';
import type { Door } from '../../test/unit/sidecar/network/halfOpen.ts';

const connectMs = 20_000;
const pingsApartMs = 10;
/** Each side has ids of its own for its parties. */
const partyId = 'y'.repeat(52);

export class Crowd {
  readonly #dht: HyperDHT;
  readonly #host: PeerId;
  readonly #partyName: string;
  readonly #sessions = new Set<PeerSession>();
  #door: Door | undefined;

  constructor(bootstrap: string[], host: PeerId, partyName: string) {
    this.#dht = new HyperDHT({ bootstrap, host: '127.0.0.1' });
    this.#host = host;
    this.#partyName = partyName;
  }

  get connected(): number {
    return this.#sessions.size;
  }

  /** Where the sidecar takes handshakes. */
  get door(): Door {
    if (!this.#door) throw new Error('Nobody is connected yet.');
    return this.#door;
  }

  /** A few at a time. */
  async join(count: number): Promise<void> {
    while (this.#sessions.size < count) {
      await Promise.all(Array.from({ length: Math.min(8, count - this.#sessions.size) }, () => this.#connect()));
    }
  }

  /** Milliseconds of pings of one after the other, for so long; `meanwhile` begins with them. */
  async roundTrips(forMs: number, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<number[]> {
    const found: number[] = [];
    const acting = meanwhile();
    const until = performance.now() + forMs;
    while (performance.now() < until) {
      for (const session of [...this.#sessions]) {
        if (performance.now() > until) break;
        found.push(await session.ping());
        await new Promise((resolve) => setTimeout(resolve, pingsApartMs));
      }
    }
    await acting;
    return found;
  }

  async leave(): Promise<void> {
    for (const session of this.#sessions) session.close('the bench is over');
    await this.#dht.destroy({ force: true });
  }

  async #connect(): Promise<void> {
    if (!isPartyId(partyId)) throw new TypeError('Party ids look otherwise.');
    const keyPair = HyperDHT.keyPair();
    const hostKey = publicKeyOf(this.#host);
    const stream = this.#dht.connect(hostKey, { keyPair });
    stream.on('error', () => undefined); // Told by the session's end.
    await once(stream, 'open', { signal: AbortSignal.timeout(connectMs) });
    const { handshakeHash, rawStream } = stream;
    if (!handshakeHash) throw new Error('A connection opened without a handshake.');
    this.#door ??= { publicKey: hostKey, host: rawStream.remoteHost ?? '127.0.0.1', port: rawStream.remotePort ?? 0 };
    await new Promise<void>((resolve, reject) => {
      const nothing = (): void => undefined;
      const events: SessionEvents = {
        opened: (session) => {
          this.#sessions.add(session);
          resolve();
        },
        closed: (session, reason) => {
          this.#sessions.delete(session);
          reject(new Error(`A session ended: ${reason}`));
        },
        ...{ updated: nothing, announced: nothing, removed: nothing, passedOn: nothing, wantsFeed: nothing },
        ...{ linkOffered: nothing, linkChanged: nothing, met: nothing },
      };
      openSession({
        connection: { stream, peerId: this.#host, remotePublicKey: hostKey, handshakeHash, isInitiator: true },
        local: {
          nickname: () => `peer ${peerIdOf(keyPair.publicKey).slice(0, 6)}`,
          agent: 'bench',
          partyProofs: (hash, proverKey) => [{ partyId, proof: proofOf(this.#partyName, hash, proverKey) }],
        },
        fileServer: nobody,
        searchServer: nobody,
        events,
        log: silentLog,
      });
    });
  }
}

const refuse = (): Promise<never> => Promise.reject(new Error('There is nothing here.'));
const nobody = { read: refuse, readPack: refuse, hashes: refuse, holding: refuse, search: refuse };
