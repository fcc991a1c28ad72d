// How people meet, as clients see it: parties and their members, codes and invites, who may see a share, and what the network lets through.

import type { InviteId, PartyId, PeerId, ShareId } from './ids.ts';

/** How bytes travel to a peer now. `lan` is a private address, `direct` a hole-punched or public one, `relayed` goes through a third node. */
export type PeerPath = 'lan' | 'direct' | 'relayed';

/**
 * Why it is that path; one word, put into a sentence by who shows it. `same-network`: found or reached by a private address. `open`: one side takes
 * connections from everywhere. `punched`: both NATs let a hole through. `both-random`: both NATs choose ports at random, so only a relay works.
 * `punch-failed`: a hole should have been possible and was not. `unknown`: not told by the connection.
 */
export type PathReason = 'same-network' | 'open' | 'punched' | 'both-random' | 'punch-failed' | 'unknown';

export interface PartyInfo {
  partyId: PartyId;
  name: string;
  /** What it is called on this machine: given here, or by the invite that led in. One safe line; never an identity, and secret names are not in it. */
  label?: string;
  /** Another party here has a label or name that looks like the label: show both, label and name. */
  isAmbiguous?: boolean;
  /** `joining` until the topic was announced once; `offline` when no bootstrap node answered. */
  state: 'joining' | 'joined' | 'offline';
  joinedAtMs: number;
  peersOnline: number;
  /** Its name can be guessed: whoever does is a member. False for names of 128 random bits. */
  isPublic: boolean;
  /** Only the listed are let in. `isMember` says whether we are, as far as the newest list that is here goes. */
  closed?: { founder: PeerId; isFounder: boolean; isMember: boolean; revision: number; members: PeerId[] };
}

/** Somebody who proved the party's name, now or earlier, or who is on its list, or of whom members tell. */
export interface PartyMember {
  peerId: PeerId;
  name: string;
  derivedName: string;
  isOwn: boolean;
  isOnline: boolean;
  lastSeenMs?: number;
  path?: PeerPath;
  pathReason?: PathReason;
  roundTripMs?: number;
  /** Of a closed party: on its list. */
  isListed?: boolean;
  /** Never connected here: known from another member (its words are signed by itself), or from the list. */
  isHearsay: boolean;
}

/**
 * Who may see a share. `everyone`: all peers in any common party, and those added by key here. Else exactly those who proved one of these parties,
 * and these peers. Blocked peers never do.
 */
export interface Audience {
  everyone: boolean;
  partyIds: PartyId[];
  peerIds: PeerId[];
}

/** What a code, a `potluck:` URI or a deep link says, read without touching the network. `invalid` ones are errors instead. */
export interface CodeContents {
  /** `contact`: a peer to connect to. `invite`: that, and a token that the peer exchanges for a party's name. `party`: that, with the name in it. */
  kind: 'contact' | 'invite' | 'party';
  peerId: PeerId;
  /** As known here (petname first), else derived from the key; what the code claims is `claimedName`, untrusted. */
  name: string;
  derivedName: string;
  claimedName?: string;
  isOwn: boolean;
  /** The peer is in the book of peers already. */
  isKnown: boolean;
  isBlocked: boolean;
  /** What the code calls the party, untrusted; of an invite the true name comes when it is accepted. */
  partyLabel?: string;
  /** We are in that party already; told for `party` codes. */
  isJoined?: boolean;
  /** The name in it can be guessed. */
  isPublicParty?: boolean;
  createdAtMs: number;
  expiresAtMs?: number;
  isExpired: boolean;
  /** `host:port` where the peer said that it can be reached. */
  addresses: string[];
}

/** An invite of ours. */
export interface InviteInfo {
  inviteId: InviteId;
  partyId: PartyId;
  partyName: string;
  /** For the inviter's own list; also shown to who opens it. '' when none was given: the code carries the party's label then, if it has one. */
  label: string;
  createdAtMs: number;
  expiresAtMs?: number;
  /** How often it may still be used; left out: any number of times. */
  usesLeft?: number;
  usedBy: { peerId: PeerId; name: string; atMs: number }[];
  state: 'open' | 'used-up' | 'expired' | 'revoked';
  code: OwnCode;
}

/** A code of ours in all its forms; each carries the same. Secret when it lets somebody into a party. */
export interface OwnCode {
  /** What to paste: `potluck-` and z-base-32 characters. */
  text: string;
  /** `potluck:` URI with it. */
  uri: string;
}

/** An accepted code whose peer did not answer yet: asked again whenever it is here, over restarts too, until it expires or is dropped. */
export interface PendingInvite {
  inviteId: InviteId;
  peerId: PeerId;
  name: string;
  partyLabel: string;
  acceptedAtMs: number;
  expiresAtMs?: number;
  state: 'waiting' | 'refused';
  /** Why it was refused: `used-up`, `expired`, `revoked`, `unknown`. */
  reason?: InviteRefusal;
}

export type InviteRefusal = 'used-up' | 'expired' | 'revoked' | 'unknown' | 'busy';

/** A peer that is no friend yet asks to be let in: connected by our key, with a line of text. Untrusted text, made safe for one line. */
export interface AccessRequest {
  peerId: PeerId;
  name: string;
  derivedName: string;
  text: string;
  atMs: number;
  isOnline: boolean;
  /** In a common party (and asks to be added), or a stranger. */
  partyIds: PartyId[];
  /** A share that it knows of and may not see; left out: it asks for all. */
  shareId?: ShareId;
}

/** One line of the diagnosis: what was looked at, how it is, what it means, and what to do. Plain words. */
export interface NetFinding {
  area: 'bootstrap' | 'nat' | 'udp' | 'ipv6' | 'lan' | 'direct' | 'relay' | 'parties' | 'clock';
  state: 'good' | 'limited' | 'bad' | 'off';
  text: string;
  /** What to do; left out when nothing is to be done. */
  advice?: string;
}

export interface NetReport {
  findings: NetFinding[];
  nat: 'unknown' | 'open' | 'consistent' | 'random';
  /** Our addresses, as others see them. Never sent anywhere by this. */
  addresses: string[];
  peers: { peerId: PeerId; name: string; path: PeerPath; pathReason: PathReason; roundTripMs?: number; link: string }[];
}

/** A peer that is kept away for a while because it broke limits again and again. */
export interface BannedPeer {
  peerId?: PeerId;
  host?: string;
  untilMs: number;
  reason: string;
}
