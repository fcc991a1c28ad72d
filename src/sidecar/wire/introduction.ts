// The hello, from both sides: what we say of ourselves, and what of the peer's words is accepted. Party names are matched by their proofs
// alone; a proof is good on this connection and from this side only.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../protocol/errors.ts';
import type { PartyId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import { ownCapabilities } from './capabilities.ts';
import type { HelloMessage } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type { LocalHello, RemoteHello } from './services.ts';

/** Version of the messages that we speak, and the oldest that we still understand. The channel's name carries the major one. */
export const wireVersion = 1;
export const minWireVersion = 1;

const proofBytes = 32;

interface Keys {
  handshakeHash: Uint8Array;
  ownKey: Uint8Array;
  remoteKey: Uint8Array;
}

export class Introduction {
  readonly #local: LocalHello;
  readonly #keys: Keys;
  #remote: HelloMessage | undefined;
  #saidNickname = '';
  /** The same for as long as the connection lasts: what changes would show what is real. */
  readonly #decoys: Uint8Array[] = [];

  constructor(local: LocalHello, keys: Keys) {
    this.#local = local;
    this.#keys = keys;
  }

  /** What to send now. */
  own(): HelloMessage {
    const proofs = this.#local.partyProofs(this.#keys.handshakeHash, this.#keys.ownKey);
    this.#saidNickname = this.#nickname;
    return {
      version: wireVersion,
      minVersion: minWireVersion,
      capabilities: [...ownCapabilities],
      nickname: this.#saidNickname,
      agent: firstCharacters(this.#local.agent),
      proofs: this.#amongOthers(proofs.slice(0, wireLimits.partiesInHello).map(({ proof }) => proof)),
      intents: this.#local.intents?.(this.#keys.remoteKey) ?? 0,
    };
  }

  /** The peer is to be told another nickname than it was: its proofs made it somebody. */
  get hasNews(): boolean {
    return this.#nickname !== this.#saidNickname;
  }

  /** Takes the peer's hello, its first or a later one. Throws AppError `incompatible` or `protocol`. */
  accept(hello: HelloMessage): RemoteHello {
    if (hello.minVersion > hello.version) throw protocolViolation('its hello has a minimum version above its own');
    if (hello.version < minWireVersion || hello.minVersion > wireVersion) throw incompatible(hello);
    if (this.#remote && this.#remote.version !== hello.version) throw protocolViolation('it changed its version');
    // Copied: what was received is a view of a whole frame, which it would keep in memory.
    this.#remote = { ...hello, proofs: hello.proofs.map((proof) => Buffer.from(proof)) };
    return this.current();
  }

  /** The peer as it introduced itself, seen with the parties that we know now. */
  current(): RemoteHello {
    const remote = this.#remote;
    if (!remote) return { nickname: '', agent: '', capabilities: [], partyIds: [], provenIds: [], intents: 0 };
    const { nickname, agent, capabilities, intents } = remote;
    const provenIds = this.#proven(remote.proofs);
    const { remoteKey } = this.#keys;
    const partyIds = provenIds.filter((partyId) => this.#local.mayShareIn?.(partyId, remoteKey) ?? true);
    return { nickname, agent, capabilities, partyIds, provenIds, intents };
  }

  /** Whoever knows our key gets a hello: neither which parties we are in nor how many is its business. */
  #amongOthers(proofs: Uint8Array[]): Uint8Array[] {
    const groups = Math.max(1, Math.ceil(proofs.length / wireLimits.proofsInGroup));
    const missing = groups * wireLimits.proofsInGroup - proofs.length;
    while (this.#decoys.length < missing) this.#decoys.push(randomBytes(proofBytes));
    return [...proofs, ...this.#decoys.slice(0, missing)].sort((one, other) => Buffer.compare(one, other));
  }

  get #nickname(): string {
    const { partyIds } = this.current();
    return firstCharacters(this.#local.nickname({ remoteKey: this.#keys.remoteKey, partyIds }));
  }

  #proven(proofs: Uint8Array[]): PartyId[] {
    // All with all would be 16,000 comparisons a hello, for whoever says some: only what begins alike is compared, in constant time.
    const beginnings = new Set(proofs.map(beginningOf));
    return this.#local
      .partyProofs(this.#keys.handshakeHash, this.#keys.remoteKey)
      .filter(({ proof: expected }) => beginnings.has(beginningOf(expected)))
      .filter(({ proof: expected }) => proofs.some((proof) => timingSafeEqual(proof, expected)))
      .map(({ partyId }) => partyId);
  }
}

function beginningOf(proof: Uint8Array): string {
  return Buffer.from(proof.subarray(0, 8)).toString('latin1');
}

function firstCharacters(text: string): string {
  return [...text].slice(0, wireLimits.textCharacters).join('');
}

function incompatible({ version, minVersion }: HelloMessage): AppError {
  return new AppError(
    'incompatible',
    `The peer speaks versions ${minVersion} to ${version}, we speak ${minWireVersion} to ${wireVersion}. Update the older one.`,
  );
}
