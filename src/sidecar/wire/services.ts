// What the wire layer needs from above, and what it gives to it: the interfaces that shares, catalog and transfers implement
// or call. Sending and serving have the same shape, so that an uploader can be joined to a downloader without a network.

import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import type { LinkKind, Traffic } from '../../protocol/model.ts';
import type { Capability } from './capabilities.ts';
import type { MeetingMessage } from './meetingMessages.ts';

/** A request for bytes of one file of a share. Offsets and lengths are bytes; `length` undefined = to the end. */
export interface ReadRequest {
  shareId: ShareId;
  path: string;
  offset: number;
  length?: number;
  /** The Merkle root must be known before the first byte; without it, bytes come at once. */
  needsRoot: boolean;
  /** Only this content (32 bytes): refused as `changed` when the file is another one. */
  root?: Uint8Array;
  /**
   * Whose share it is, when not the asked peer's: it gives on what it downloaded of it, whole or so far (`root` must be given, and only
   * what it holds is given; `not-found` else), to whom the share may be passed on. Capability `holdings`.
   */
  owner?: PeerId;
}

/** What comes back: the head first, then the bytes in order, then the root of the whole file, when it is known. */
export interface ReadReply {
  sizeBytes: number;
  mtimeMs: number;
  /** 32 bytes; undefined when the file was not hashed yet. */
  root: Uint8Array | undefined;
  /**
   * 8 bytes, opaque: equal for two reads when nothing was written to the file between them, so that parts fetched apart belong together. Undefined from
   * peers that do not tell (without capability `versions`), and for packs.
   */
  version: Uint8Array | undefined;
  /** Which connection carries it. */
  link: LinkKind;
  /**
   * In order from the requested offset. From a session: slices of its carrier (wireLimits.sliceBytes, linkSliceBytes), whole but for the last, whose
   * buffers may mostly be transferred to a worker (ownBuffers.ts). A server's chunks are copied before the next one is asked for: it may use
   * their memory again then. Throws AppError: `changed`, `unavailable`, `io`, …
   */
  bytes: AsyncIterable<Uint8Array>;
  /** After the last byte: the root of the file, when it is known by then. The file was not changed while it was read. */
  end(): Promise<Uint8Array | undefined>;
}

/**
 * A request for many small files of one own share at once: at most transferLimits.packFiles, whole, their paths together at most packPathBytes
 * (UTF-8); more is refused here as `invalid-argument`, and ends the session there. Capability `packs`. The answer's bytes are a
 * pack (docs/wire-protocol.md, transfers/disk/pack.ts): for each file, in the order asked, its state and bytes, or why it is not given.
 */
export interface PackRequest {
  shareId: ShareId;
  paths: string[];
}

/** Asks a peer what it holds of a content: of an own share (`owner` is the asked peer), or of what it downloads or downloaded. Capability `holdings`. */
export interface HoldingRequest {
  owner: PeerId;
  shareId: ShareId;
  path: string;
  root: Uint8Array;
}

export interface HoldingReply {
  sizeBytes: number;
  /** A power of two of leaves, so that there are at most transferLimits.holdingUnits. */
  unitBytes: number;
  /** Bit i (the highest of a byte first) is set when all of unit i is held. */
  units: Uint8Array;
}

/** What a request may be told of before it is answered. */
export interface RequestOptions {
  signal: AbortSignal;
  /** It waits in the peer's upload queue, at this place: 1 = next; 0 = it is being worked on. */
  onPosition?: (position: number) => void;
}

/** A request for leaf hashes of a file by its root. `first` and `count` in leaves of 16 KiB; `count` a power of two, `first` a multiple of it. */
export interface HashesRequest {
  root: Uint8Array;
  first: number;
  count: number;
}

/** Leaves (32 bytes each; at the file's end fewer than asked) and the uncle hashes from their common ancestor up to the root (BEP 52). */
export interface HashesReply {
  leaves: Uint8Array[];
  uncles: Uint8Array[];
}

/** A place to read files from: a connected peer's session, over its fastest link. */
export interface FileSource {
  readonly peerId: PeerId;
  /** Which link the next request takes. */
  readonly linkKind: LinkKind;
  understands(capability: Capability): boolean;
  /**
   * Rejects with AppError (`not-found`, `permission-denied`, `changed`, `unavailable`, …) when the head is refused. A link that breaks fails what
   * it carries with `unavailable` while the session goes on: asked again, it takes another link.
   */
  read(request: ReadRequest, options: RequestOptions): Promise<ReadReply>;
  /** `sizeBytes` of the reply is the pack's. */
  readPack(request: PackRequest, options: RequestOptions): Promise<ReadReply>;
  /** `not-found` when the peer has no tree for this root. */
  hashes(request: HashesRequest, options: RequestOptions): Promise<HashesReply>;
  /** `not-found` when it holds nothing of it, or may not give it to us. */
  holding(request: HoldingRequest, options: RequestOptions): Promise<HoldingReply>;
}

/** The other end: serves our shares, and what we downloaded, to a peer. Implemented by transfers/uploads. */
export interface FileServer {
  read(peerId: PeerId, request: ReadRequest, options: ServeOptions): Promise<ReadReply>;
  readPack(peerId: PeerId, request: PackRequest, options: ServeOptions): Promise<ReadReply>;
  hashes(peerId: PeerId, request: HashesRequest, options: ServeOptions): Promise<HashesReply>;
  holding(peerId: PeerId, request: HoldingRequest, options: ServeOptions): Promise<HoldingReply>;
}

export interface ServeOptions extends RequestOptions {
  link: LinkKind;
}

/**
 * A stream of whole frames to and from one peer, encrypted and bound to its session: a NoiseSecretStream, or a direct link over TLS
 * (network/links). What Protomux needs of a stream: `data` brings one frame a time; `write` answers false until `drain`.
 */
export interface FrameStream {
  /** The transport below: `data` on it means that the other side lives. */
  readonly rawStream: {
    on(event: 'data', listener: () => void): unknown;
    /** UDX counts the first two, sockets the others. */
    readonly bytesReceived?: number;
    readonly bytesTransmitted?: number;
    readonly bytesRead?: number;
    readonly bytesWritten?: number;
  };
  readonly destroying: boolean;
  /** Bytes written and not yet taken by the system, where the stream tells: a peer that reads nothing is cut off by it. */
  readonly queuedBytes?: number;
  /** A buffer for a frame of so many bytes, to be filled and written. */
  alloc(bytes: number): Buffer;
  write(frame: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  pause(): unknown;
  resume(): unknown;
  on(event: 'data', listener: (frame: Buffer) => void): unknown;
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Where the sender of it takes direct links, and what proves there that both sides mean this session. Capability `direct-link`. */
export interface LinkOffer {
  /** 0: it does not listen (it may still dial). */
  port: number;
  /** IPv4 and IPv6 literals, likeliest first; at most linkLimits.hosts. */
  hosts: string[];
  /** 16 random bytes that name the session to the listener, and 32 that both sides prove to know: new for every session, never logged. */
  token: Uint8Array;
  secret: Uint8Array;
  /** What its runtime can. */
  kinds: ('tls' | 'noise')[];
}

/** A share as its owner announces it. Encoded and signed with the owner's identity key, so that it can be passed on later. */
export interface ShareAnnouncement {
  shareId: ShareId;
  title: string;
  /** Public key of the Hypercore that carries the index. */
  feedKey: Uint8Array;
  /** 32 bytes: the feed's block encryption; given only to the audience. */
  encryptionKey: Uint8Array;
  /** Feed length (blocks) at which this state of the index is whole; 0 while the first scan runs. */
  feedLength: number;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** Rises with every change of the announcement; older ones are ignored. */
  revision: number;
  updatedAtMs: number;
  /** The feed of what is known of its files beyond their names; left out while there is none. */
  details?: { feedKey: Uint8Array; feedLength: number };
  /**
   * Who has it may pass it on only in the parties that these tags (16 bytes each) mean: network/partyProof.ts. None: to nobody. Left out: in every
   * party in common with the owner.
   */
  passTags?: Uint8Array[];
}

/** As it travels and is stored: the encoded body and its ed25519 signature. */
export interface SignedAnnouncement {
  body: Uint8Array;
  signature: Uint8Array;
}

/** What the other side said of itself in its hello, checked. */
export interface RemoteHello {
  nickname: string;
  agent: string;
  capabilities: string[];
  /** Parties in common: both sides proved the name, and a closed one lists both (LocalHello.mayShareIn). What may be shared goes by these alone. */
  partyIds: PartyId[];
  /** Parties that both sides proved to know the name of, the closed ones that do not list both included. */
  provenIds: PartyId[];
  /** Bits of codec.ts `intents`: why it is here when no party is in common. */
  intents: number;
}

/** What we say of ourselves, asked each time it is sent. Implemented by node.ts over parties and settings. */
export interface LocalHello {
  /** For the peer with this key, as far as parties in common are known now: strangers are told no name. */
  nickname(to: { remoteKey: Uint8Array; partyIds: PartyId[] }): string;
  /** Bits of codec.ts `intents`, for the peer with this key; none when it is left out. */
  intents?(remoteKey: Uint8Array): number;
  /** Product and version, for example `potluck/0.1.0`. */
  agent: string;
  /** Proofs of every party name we know, for this connection: see network/partyProof.ts. `proverKey` is the public key of who sends them. */
  partyProofs(handshakeHash: Uint8Array, proverKey: Uint8Array): { partyId: PartyId; proof: Uint8Array }[];
  /** Whether a party is in common with a peer that proved its name; always, when this is left out. */
  mayShareIn?(partyId: PartyId, remoteKey: Uint8Array): boolean;
}

/** What sessions report and ask upwards. Implemented by node.ts over the services. */
export interface SessionEvents {
  /** Hello done; the session may be used. */
  opened(session: PeerSession): void;
  /** `isHostile`: the peer broke a rule. */
  closed(session: PeerSession, reason: string, isHostile: boolean): void;
  /** `session.hello` changed: a new nickname, or parties joined or left on either side. */
  updated(session: PeerSession): void;
  /** The peer's whole list of shares, signatures checked against its key. Replaces what it said before. */
  announced(session: PeerSession, shares: AnnouncedShare[]): void;
  /** Owner's own word that these shares of its are gone: signatures checked. Also passed on by others, see `passedOn`. */
  removed(session: PeerSession, owner: PeerId, removals: ShareRemoval[]): void;
  /**
   * What the peer holds of somebody else's shares and would pass on: signatures checked against the owner's key. Replaces what it said
   * of that owner before. It says nothing about whether the owner is what the peer claims.
   */
  passedOn(session: PeerSession, owner: PassedOwner): void;
  /**
   * The peer asks for a feed that is not attached, by Hypercore's discovery key (32 bytes): when this session may have it, it is given by
   * `replicate`, at once or later. Told for every asking, at most wireLimits.channelsPerSession times.
   */
  wantsFeed(session: PeerSession, discoveryKey: Uint8Array): void;
  /** The peer says where it takes direct links. May come again, when its addresses changed. */
  linkOffered(session: PeerSession, offer: LinkOffer): void;
  /** Invites, lists of closed parties, members, requests for access, relays: see meetingMessages.ts. Not yet judged by anything but its shape. */
  met(session: PeerSession, message: MeetingMessage): void;
  /** A direct link was added or is gone: `session.linkKind` may be another one. */
  linkChanged(session: PeerSession): void;
}

export interface AnnouncedShare {
  announcement: ShareAnnouncement;
  signed: SignedAnnouncement;
}

/** A share that its owner took off the table: whoever gets this deletes what it holds of it, unless it knows a higher revision. */
export interface ShareRemoval {
  shareId: ShareId;
  revision: number;
  /** As in its announcement. */
  passTags?: Uint8Array[];
  signed: SignedAnnouncement;
}

/** A share as somebody else than its owner passes it on. */
export interface PassedShare extends AnnouncedShare {
  /**
   * In which parties it may be passed on. Heard: as the passing peer says, cut to the parties in common with it, never none. A share
   * must not reach other parties than those from hand to hand: who keeps it keeps these, not all that it has in common with the passer.
   */
  partyIds: PartyId[];
}

/** Somebody whose shares a peer passes on while it is away. */
export interface PassedOwner {
  owner: PeerId;
  /** When the passing peer last saw it, 0 = unknown. */
  lastSeenMs: number;
  /** Its self-chosen name as last heard, '' = none. */
  nickname: string;
  /** All that are passed on. */
  shares: PassedShare[];
  /** Told: all that are remembered. Heard: those that are new in this session. */
  removals: ShareRemoval[];
}

/** A search that a connected peer is asked, in the language of docs/search.md without `peer:`, `party:` and `share:`. */
export interface RemoteSearchRequest {
  query: string;
  /** Only in these shares of the asked peer; empty = all that the asker may see. */
  shareIds: ShareId[];
  /** At most wireLimits.searchHits. */
  limit: number;
}

export interface RemoteSearchHit {
  shareId: ShareId;
  /** Checked: a path that an index could hold. */
  path: string;
  kind: 'file' | 'folder';
  sizeBytes: number;
  mtimeMs: number;
}

/** Answers other peers' searches from our own shares. Implemented over catalog/search; decides nothing about who may ask. */
export interface SearchServer {
  search(peerId: PeerId, request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]>;
}

/** One connected, authenticated peer. Implemented by wire/session.ts. */
export interface PeerSession extends FileSource {
  readonly hello: RemoteHello;
  readonly isOpen: boolean;
  /** Milliseconds, from the last keep-alive; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** Round trip of a ping over the session's own connection, now. Rejects with `busy` or `unavailable`. */
  ping(): Promise<number>;
  /** Since the connection began, its own overhead included. */
  readonly traffic: Traffic;
  /** Tells the peer our nickname and party proofs anew, and looks again which parties we have in common. */
  updateHello(): void;
  /** Sends our whole list of shares for this peer; called again whenever it changes. */
  announce(shares: SignedAnnouncement[]): void;
  /** Sends our removals, all that are remembered; the peer ignores those that it knows. */
  announceRemovals(removals: SignedAnnouncement[]): void;
  /** Offers to pass on what we hold of others. Replaces what we said of each owner before; an owner that is left out is not offered any more. */
  passOn(owners: PassedOwner[]): void;
  /** Asks the peer to search its own shares. Rejects as `read`; `unavailable` when it does not know how. */
  search(request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]>;
  /** Serves or fetches a Hypercore over this session's multiplexer. Attached cores are the only ones that this peer can get. */
  replicate(core: ReplicableCore): void;
  /** Tells the peer something about meeting, if it understands that kind. */
  meet(message: MeetingMessage): void;
  /** Tells the peer where we take direct links. */
  offerLink(offer: LinkOffer): void;
  /**
   * Takes a proven direct link to this peer: requests go over it from now on, while it lives. Two may live at once (both sides may have dialled): the
   * faster one, else the older one, is used, the other one stands by; of three the slowest and newest is destroyed. `address` (`host:port`) is for showing. The stream is destroyed with the session.
   */
  attachLink(stream: FrameStream, link: { kind: 'tls' | 'noise'; address: string }): void;
  /** The direct link in use. */
  readonly link: { kind: LinkKind; address: string } | undefined;
  /** Ends the session with a logged reason. `isHostile`: the peer broke the protocol. */
  close(reason: string, options?: { isHostile?: boolean }): void;
}

/** The one method of a Hypercore that the wire needs. */
export interface ReplicableCore {
  replicate(muxer: object): unknown;
}
