// Signatures of members under what they say to each other: ed25519 with the identity key, over a namespace and the encoded body, so that what was
// signed for one purpose is worth nothing for another. And the version that every such body begins with.

import type { Encoding } from 'protomux';
import sodium from 'sodium-universal';
import { uint } from '../wire/codec.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { Signed } from '../wire/meetingMessages.ts';

const bodyVersion = 1;

export function signBody(namespace: Uint8Array, body: Uint8Array, { secretKey }: { secretKey: Uint8Array }): Signed {
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.concat([namespace, body]), secretKey);
  return { body, signature };
}

export function isSignedBy(namespace: Uint8Array, { body, signature }: Signed, publicKey: Uint8Array): boolean {
  return (
    signature.byteLength === sodium.crypto_sign_BYTES &&
    sodium.crypto_sign_verify_detached(signature, Buffer.concat([namespace, body]), publicKey)
  );
}

/** What was received is a view of a whole frame, which it would keep in memory. */
export function ownCopy({ body, signature }: Signed): Signed {
  return { body: Buffer.from(body), signature: Buffer.from(signature) };
}

/** A version, then the fields; what a newer version appends is skipped by older ones, and still signed. */
export function versioned<T>(content: Encoding<T>): Encoding<T> {
  return {
    preencode(state, value) {
      uint.preencode(state, bodyVersion);
      content.preencode(state, value);
    },
    encode(state, value) {
      uint.encode(state, bodyVersion);
      content.encode(state, value);
    },
    decode(state) {
      if (uint.decode(state) < bodyVersion) throw protocolViolation('what it signed has version 0');
      const value = content.decode(state);
      state.start = state.end;
      return value;
    },
  };
}
