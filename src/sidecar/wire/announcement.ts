// A share's announcement as its owner signs it: self-contained bytes, so that third peers can store it and pass it on, and whoever
// gets it can check it against the owner's key alone.

import type { Encoding } from 'protomux';
import sodium from 'sodium-universal';
import { indexLimits, wireLimits } from '../limits.ts';
import { decodeWhole, encodeWhole, fixed, record, shareId, text, uint } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type { ShareAnnouncement, SignedAnnouncement } from './services.ts';

/** Goes before the body into the signature: what was signed for one purpose is worth nothing for another. */
const namespace = Buffer.from('potluck/1 share announcement\0');
const bodyVersion = 1;

const fields: Encoding<ShareAnnouncement> = record<ShareAnnouncement>({
  shareId,
  title: text(wireLimits.textCharacters),
  feedKey: fixed(32),
  encryptionKey: fixed(32),
  feedLength: uint,
  fileCount: uint,
  folderCount: uint,
  totalBytes: uint,
  revision: uint,
  updatedAtMs: uint,
});

/** A version, then the fields; what a newer version appends is skipped by older ones, and still signed. */
const body: Encoding<ShareAnnouncement> = {
  preencode(state, value) {
    uint.preencode(state, bodyVersion);
    fields.preencode(state, value);
  },
  encode(state, value) {
    uint.encode(state, bodyVersion);
    fields.encode(state, value);
  },
  decode(state) {
    const version = uint.decode(state);
    if (version < bodyVersion) throw protocolViolation('an announcement has version 0');
    const value = fields.decode(state);
    state.start = state.end;
    return value;
  },
};

/** The body that is signed. */
export function encodeAnnouncement(announcement: ShareAnnouncement): Uint8Array {
  return encodeWhole(body, announcement);
}

/** Throws AppError `protocol` when the body is malformed or over a limit. Says nothing of its signature. */
export function decodeAnnouncement(encoded: Uint8Array): ShareAnnouncement {
  const announcement = decodeWhole(body, encoded);
  if (announcement.fileCount + announcement.folderCount > indexLimits.entries) {
    throw protocolViolation(`a share of more than ${indexLimits.entries} entries`);
  }
  if (announcement.feedLength > indexLimits.feedBlocks)
    throw protocolViolation(`a feed of more than ${indexLimits.feedBlocks} blocks`);
  return announcement;
}

/** Encodes and signs with the owner's ed25519 identity key. */
export function signAnnouncement(announcement: ShareAnnouncement, keyPair: { secretKey: Uint8Array }): SignedAnnouncement {
  const encoded = encodeAnnouncement(announcement);
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.concat([namespace, encoded]), keyPair.secretKey);
  return { body: encoded, signature };
}

/** Checks the signature of the owner, then decodes. Throws AppError `protocol`. */
export function verifyAnnouncement(signed: SignedAnnouncement, publicKey: Uint8Array): ShareAnnouncement {
  const isSigned =
    signed.signature.byteLength === sodium.crypto_sign_BYTES &&
    sodium.crypto_sign_verify_detached(signed.signature, Buffer.concat([namespace, signed.body]), publicKey);
  if (!isSigned) throw protocolViolation('an announcement is not signed by its owner');
  return decodeAnnouncement(signed.body);
}
