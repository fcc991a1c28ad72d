// The identifiers that clients and the sidecar exchange, as branded strings: a string that was not checked cannot be passed by accident.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A peer's ed25519 public key (32 bytes) in z-base-32: 52 lower-case characters. URI authorities are lower-cased, hence not base64. */
export type PeerId = Branded<'PeerId'>;
/** 16 random bytes in z-base-32: 26 characters. Unique only together with the peer that announced it. */
export type ShareId = Branded<'ShareId'>;
/** The party's topic (32 bytes) in z-base-32: 52 characters. Derived from the name, which it does not reveal. */
export type PartyId = Branded<'PartyId'>;
/** BEP 52 `pieces root` of a file: SHA-256 Merkle root over 16 KiB leaves, 64 lower-case hex characters. */
export type ContentId = Branded<'ContentId'>;
/** One line of the download queue: 26 z-base-32 characters. */
export type DownloadId = Branded<'DownloadId'>;
/** One invite: 26 z-base-32 characters. Not its secret. */
export type InviteId = Branded<'InviteId'>;
/** One watched search: 26 z-base-32 characters. */
export type WatchId = Branded<'WatchId'>;

const z32Of32Bytes = /^[ybndrfg8ejkmcpqxot1uwisza345h769]{51}[yo]$/;
const z32Of16Bytes = /^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/;
const hexOf32Bytes = /^[0-9a-f]{64}$/;

export function isPeerId(text: string): text is PeerId {
  return z32Of32Bytes.test(text);
}

export function isPartyId(text: string): text is PartyId {
  return z32Of32Bytes.test(text);
}

export function isShareId(text: string): text is ShareId {
  return z32Of16Bytes.test(text);
}

export function isDownloadId(text: string): text is DownloadId {
  return z32Of16Bytes.test(text);
}

export function isInviteId(text: string): text is InviteId {
  return z32Of16Bytes.test(text);
}

export function isWatchId(text: string): text is WatchId {
  return z32Of16Bytes.test(text);
}

export function isContentId(text: string): text is ContentId {
  return hexOf32Bytes.test(text);
}
