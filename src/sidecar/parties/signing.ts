// Signatures of members under what they say to each other: ed25519 with the identity key, over a namespace and the encoded body, so that what was
// signed for one purpose is worth nothing for another.

import sodium from 'sodium-universal';
import type { Signed } from '../wire/meetingMessages.ts';

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
