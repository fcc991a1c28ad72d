// A share's announcement, and its removal, as the owner signs them: self-contained bytes, so that third peers can store them and pass
// them on, and whoever gets them can check them against the owner's key alone.

import type { Encoding, State } from 'protomux';
import sodium from 'sodium-universal';
import { detailLimits, indexLimits, wireLimits } from '../limits.ts';
import { decodeWhole, encodeWhole, fixed, flag, list, record, shareId, text, uint } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type { ShareAnnouncement, ShareRemoval, SignedAnnouncement } from './services.ts';
import { versioned } from './versioned.ts';

/** Goes before the body into the signature: what was signed for one purpose is worth nothing for another. */
const namespace = Buffer.from('potluck/1 share announcement\0');
const removalNamespace = Buffer.from('potluck/1 share removal\0');

type Fields = Omit<ShareAnnouncement, 'details' | 'passTags'>;

const fields: Encoding<Fields> = record<Fields>({
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

interface DetailsFields {
  detailsKey: Uint8Array;
  detailsLength: number;
}

/** Appended later: bodies of older versions end before them. */
const detailsFields = record<DetailsFields>({ detailsKey: fixed(32), detailsLength: uint });

const noDetails: DetailsFields = { detailsKey: new Uint8Array(32), detailsLength: 0 };

/** Appended later still, also to removals. */
const passing = record<{ isLimited: boolean; tags: Uint8Array[] }>({
  isLimited: flag,
  tags: list(fixed(16), wireLimits.audienceTags),
});

const announcementFields: Encoding<ShareAnnouncement> = {
  preencode(state, value) {
    fields.preencode(state, value);
    detailsFields.preencode(state, detailsOf(value));
    passing.preencode(state, passingOf(value));
  },
  encode(state, value) {
    fields.encode(state, value);
    detailsFields.encode(state, detailsOf(value));
    passing.encode(state, passingOf(value));
  },
  decode(state) {
    const announcement = fields.decode(state);
    const { detailsKey, detailsLength } = state.start < state.end ? detailsFields.decode(state) : noDetails;
    const passTags = passTagsIn(state);
    return {
      ...announcement,
      ...(detailsLength > 0 && { details: { feedKey: detailsKey, feedLength: detailsLength } }),
      ...(passTags !== undefined && { passTags }),
    };
  },
};

const removedFields = record<Omit<Removal, 'passTags'>>({ shareId, revision: uint });

const removalFields: Encoding<Removal> = {
  preencode(state, value) {
    removedFields.preencode(state, value);
    passing.preencode(state, passingOf(value));
  },
  encode(state, value) {
    removedFields.encode(state, value);
    passing.encode(state, passingOf(value));
  },
  decode(state) {
    const removed = removedFields.decode(state);
    const passTags = passTagsIn(state);
    return { ...removed, ...(passTags !== undefined && { passTags }) };
  },
};

const body = versioned(announcementFields);
const removalBody = versioned(removalFields);

/** The content of a removal: which share, and a revision above the last that was announced. */
export type Removal = Omit<ShareRemoval, 'signed'>;

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
  const { details, feedKey } = announcement;
  if (details !== undefined && details.feedLength > detailLimits.feedBlocks)
    throw protocolViolation(`a feed of details of more than ${detailLimits.feedBlocks} blocks`);
  if (details !== undefined && Buffer.compare(details.feedKey, feedKey) === 0)
    throw protocolViolation('a share has one feed for two things');
  return announcement;
}

/** Encodes and signs with the owner's ed25519 identity key. */
export function signAnnouncement(announcement: ShareAnnouncement, keyPair: { secretKey: Uint8Array }): SignedAnnouncement {
  return sign(namespace, encodeAnnouncement(announcement), keyPair);
}

/** Checks the signature of the owner, then decodes. Throws AppError `protocol`. */
export function verifyAnnouncement(signed: SignedAnnouncement, publicKey: Uint8Array): ShareAnnouncement {
  if (!isSigned(namespace, signed, publicKey)) throw protocolViolation('an announcement is not signed by its owner');
  return decodeAnnouncement(signed.body);
}

/** The share is gone, and so is all that was announced of it up to `revision`. Signed as an announcement is. */
export function signRemoval(removal: Removal, keyPair: { secretKey: Uint8Array }): SignedAnnouncement {
  return sign(removalNamespace, encodeWhole(removalBody, removal), keyPair);
}

/** Throws AppError `protocol` when the body is malformed. Says nothing of its signature. */
export function decodeRemoval(encoded: Uint8Array): Removal {
  return decodeWhole(removalBody, encoded);
}

/** Checks the signature of the owner, then decodes. Throws AppError `protocol`. */
export function verifyRemoval(signed: SignedAnnouncement, publicKey: Uint8Array): Removal {
  if (!isSigned(removalNamespace, signed, publicKey)) throw protocolViolation('a removal is not signed by its owner');
  return decodeRemoval(signed.body);
}

function detailsOf({ details }: ShareAnnouncement): DetailsFields {
  return details === undefined ? noDetails : { detailsKey: details.feedKey, detailsLength: details.feedLength };
}

function passingOf({ passTags }: { passTags?: Uint8Array[] }): { isLimited: boolean; tags: Uint8Array[] } {
  return { isLimited: passTags !== undefined, tags: passTags ?? [] };
}

/** Copied: what was received is a view of a whole frame, which it would keep in memory. */
function passTagsIn(state: State): Uint8Array[] | undefined {
  if (state.start >= state.end) return undefined;
  const { isLimited, tags } = passing.decode(state);
  return isLimited ? tags.map((tag) => Buffer.from(tag)) : undefined;
}

function sign(purpose: Uint8Array, encoded: Uint8Array, keyPair: { secretKey: Uint8Array }): SignedAnnouncement {
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.concat([purpose, encoded]), keyPair.secretKey);
  return { body: encoded, signature };
}

function isSigned(purpose: Uint8Array, signed: SignedAnnouncement, publicKey: Uint8Array): boolean {
  return (
    signed.signature.byteLength === sodium.crypto_sign_BYTES &&
    sodium.crypto_sign_verify_detached(signed.signature, Buffer.concat([purpose, signed.body]), publicKey)
  );
}
