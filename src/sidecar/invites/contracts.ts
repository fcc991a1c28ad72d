// What codes and invites need of the other parts, so that they know none of them; and the small things that both of their sides use.

import { timingSafeEqual } from 'node:crypto';
import sodium from 'sodium-universal';
import z32 from 'z32';
import { AppError } from '../../protocol/errors.ts';
import type { InviteId, PartyId, PeerId } from '../../protocol/ids.ts';
import type { PartyInfo } from '../../protocol/model.ts';
import { publicKeyOf } from '../storage/identity.ts';
import type { MeetingMessage } from '../wire/meetingMessages.ts';
import type { Address } from './code.ts';

/** A connected peer, as far as invites go: a PeerSession. */
export interface InviteSession {
  readonly peerId: PeerId;
  meet(message: MeetingMessage): void;
  /** Tells it anew why we are here. */
  updateHello(): void;
}

/** What invites need of parties. */
export interface InviteParties {
  /** Undefined when we are not in it. */
  get(partyId: PartyId): PartyInfo | undefined;
  /** On the list of a closed party; undefined for open ones. */
  isListed(partyId: PartyId, peerId: PeerId): boolean | undefined;
  /** Throws `invalid-argument` or `too-large`. Everybody connected is told that we know the name now. `label`: what the invite calls it. */
  join(name: string, how?: { label?: string }): PartyInfo;
  /** Of a closed party that we founded. */
  admit(partyId: PartyId, peerId: PeerId): unknown;
  /** What a name says by itself, and whether we are in that party. Throws `invalid-argument` when it is none. */
  look(name: string): { isPublic: boolean; isJoined: boolean };
  /** Whether a label has the party's name, or what of it is secret, in it. */
  tellsName(label: string, name: string): boolean;
}

/** What codes need of the book of peers, the network, and sessions. */
export interface InvitePeers {
  /** In the book already, or blocked. */
  known(peerId: PeerId): { isBlocked: boolean } | undefined;
  /** As it is called here, else derived from its key. */
  nameOf(peerId: PeerId): string;
  derivedNameOf(peerId: PeerId): string;
  /** As `peers/connect`: adds it by key and keeps trying to reach it. */
  connect(peerId: PeerId): void;
  /** Its session, when it is here. */
  session(peerId: PeerId): InviteSession | undefined;
  /** Tries these addresses, besides looking its key up. They are claims: which may be dialled is decided there. */
  dial(peerId: PeerId, addresses: readonly Address[]): void;
  /** Where we can be reached now, for codes. */
  ownAddresses(): Address[];
}

/** An invite's id: the same on both sides, and nothing that the code's maker could choose. */
export function inviteIdOf(peerId: PeerId, token: Uint8Array): InviteId {
  const id = Buffer.alloc(16);
  sodium.crypto_generichash_batch(id, [publicKeyOf(peerId), token], Buffer.from('potluck/1 invite id'));
  return z32.encode(id) as InviteId;
}

/** What is stored of a token of ours: who reads the database later cannot use an ended invite's, and looking it up by this tells nothing of it. */
export function tokenHashOf(token: Uint8Array): Buffer {
  const hash = Buffer.alloc(32);
  sodium.crypto_generichash(hash, token, Buffer.from('potluck/1 invite token'));
  return hash;
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

// Line breaks, controls, and what turns the writing direction or is not seen at all: a name that looks like another one, of a party in which somebody
// shares what was meant for that one. As in peers/names.ts, where such characters are taken out of what is shown.
const unsayable =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u2028\u2029\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;

/** Whether a party's name can be given on in codes: it is shown to people before they are asked. */
export function isSayable(partyName: string): boolean {
  return !unsayable.test(partyName) && partyName.trim() !== '';
}

export function unsayableName(): AppError {
  return new AppError(
    'invalid-argument',
    'The name of the party has characters that others would not be shown. Give it on in another way.',
  );
}
