// What two peers of one session tell each other, over the session, of where they take direct links; and the key that only they can make of it.
// Constants and byte order are part of the protocol: docs/wire-protocol.md.

import { randomBytes } from 'node:crypto';
import sodium from 'sodium-universal';

const keyBytes = 32;
const keyNamespace = Buffer.from('potluck/1 direct link');

export type DirectKind = 'tls' | 'noise';

/** See LinkOffer of wire/services.ts: the same shape. */
export interface Offer {
  port: number;
  hosts: string[];
  token: Uint8Array;
  secret: Uint8Array;
  kinds: DirectKind[];
}

/** One end of a link: its offer and its identity's public key. */
export interface LinkEnd {
  offer: Offer;
  publicKey: Uint8Array;
}

/** What names a session to the listener, and what proves it: new for every session. */
export function newSecrets(): Pick<Offer, 'token' | 'secret'> {
  return { token: randomBytes(16), secret: randomBytes(keyBytes) };
}

/** How a token is written where a text is needed. */
export function tokenText(token: Uint8Array): string {
  return Buffer.from(token).toString('hex');
}

/** The pre-shared key of a link: BLAKE2b-256 keyed with the listener's secret. Whoever lacks either secret cannot make it. */
export function linkKey(dialer: LinkEnd, listener: LinkEnd): Buffer {
  const output = Buffer.alloc(keyBytes);
  const inputs = [keyNamespace, dialer.offer.secret, dialer.publicKey, listener.publicKey];
  sodium.crypto_generichash_batch(output, inputs, listener.offer.secret);
  return output;
}
