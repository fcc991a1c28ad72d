// Codes as clients use them: read without touching the network, accepted after the user was asked, made with our key and addresses.

import { isIPv6 } from 'node:net';
import { AppError } from '../../protocol/errors.ts';
import { codeForms, findCode } from '../../protocol/codes.ts';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { CodeContents, OwnCode, PartyInfo, PendingInvite } from '../../protocol/model.ts';
import { meetingLimits } from '../limits.ts';
import { type Address, type Code, decodeCode, encodeCode, type Grant } from './code.ts';
import { type InviteParties, type InvitePeers, isSayable, unsayableName } from './contracts.ts';
import type { PendingInvites } from './pending.ts';

export interface CodesOptions {
  identity: { peerId: PeerId; secretKey: Uint8Array };
  nickname: () => string;
  parties: InviteParties;
  peers: InvitePeers;
  pending: PendingInvites;
  /** Untrusted text as one safe line. */
  safeLine: (text: string) => string;
  now: () => number;
}

export interface Accepted {
  contents: CodeContents;
  party?: PartyInfo;
  pending?: PendingInvite;
}

export class Codes {
  readonly #options: CodesOptions;

  constructor(options: CodesOptions) {
    this.#options = options;
  }

  /** Throws `invalid-argument` that says what is wrong with it. Touches neither the network nor the disk. */
  inspect(text: string): CodeContents {
    return this.#contents(this.#read(text));
  }

  /** Throws `invalid-argument` for an expired code or our own, `permission-denied` for one of a blocked peer, `too-large`. */
  accept(text: string): Accepted {
    const { peers, parties, pending } = this.#options;
    const code = this.#read(text);
    const contents = this.#contents(code);
    if (contents.isOwn) throw wrong('That is your own code. Give it to another person, and take theirs.');
    if (contents.isBlocked)
      throw new AppError('permission-denied', `${contents.name} is blocked here. Unblock the peer first if you want to meet it.`);
    if (contents.isExpired) throw wrong('The code has expired. Ask for another one.');
    const { peerId, grant, expiresAtMs, addresses } = code;
    // Before the peer is reached for: our hello says that we come with an invite.
    const accepted = { contents, ...(grant.kind === 'party' && { party: parties.join(grant.partyName) }) };
    const partyLabel = contents.partyLabel ?? '';
    const waiting = grant.kind === 'invite' && { pending: pending.add({ ...grant, peerId, partyLabel, expiresAtMs }) };
    peers.connect(peerId);
    peers.dial(peerId, addresses);
    return { ...accepted, ...waiting };
  }

  /** Throws `not-found` when we are not in the party, `invalid-argument` when its name cannot be given on. */
  own(how: { partyId?: PartyId | undefined; expiresInMs?: number | undefined }): OwnCode {
    const createdAtMs = this.#options.now();
    const expiresAtMs = how.expiresInMs === undefined ? undefined : createdAtMs + how.expiresInMs;
    return this.sign(this.#grantOf(how.partyId), { createdAtMs, expiresAtMs });
  }

  /** A code of ours that gives this, with where we can be reached now. */
  sign(grant: Grant, dates: { createdAtMs: number; expiresAtMs: number | undefined }): OwnCode {
    const { identity, nickname, peers, safeLine } = this.#options;
    const addresses = peers.ownAddresses().slice(0, meetingLimits.codeAddresses);
    return codeForms(
      encodeCode({ ...dates, peerId: identity.peerId, nickname: safeLine(nickname()), addresses, grant }, identity),
    );
  }

  #read(text: string): Code {
    const code = decodeCode(findCode(text));
    if (code.createdAtMs > this.#options.now() + meetingLimits.clockSkewMs)
      throw wrong('The code was made in the future. Set the clock of this machine right, or ask for another code.');
    return code;
  }

  #grantOf(partyId: PartyId | undefined): Grant {
    if (partyId === undefined) return { kind: 'contact' };
    const party = this.#options.parties.get(partyId);
    if (!party) throw new AppError('not-found', 'You are not in that party. See the list of parties.');
    if (!isSayable(party.name)) throw unsayableName();
    return { kind: 'party', partyName: party.name };
  }

  #contents({ peerId, createdAtMs, expiresAtMs, nickname, addresses, grant }: Code): CodeContents {
    const { peers, identity, safeLine, now } = this.#options;
    const known = peers.known(peerId);
    const claimedName = safeLine(nickname);
    return {
      kind: grant.kind,
      ...{ peerId, name: peers.nameOf(peerId), derivedName: peers.derivedNameOf(peerId) },
      ...(claimedName !== '' && { claimedName }),
      isOwn: peerId === identity.peerId,
      isKnown: known !== undefined,
      isBlocked: known?.isBlocked === true,
      ...this.#partyContents(grant),
      createdAtMs,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      isExpired: expiresAtMs !== undefined && expiresAtMs + meetingLimits.clockSkewMs <= now(),
      addresses: addresses.map(shownAddress),
    };
  }

  #partyContents(grant: Grant): Pick<CodeContents, 'partyLabel' | 'isJoined' | 'isPublicParty'> {
    const { parties, safeLine } = this.#options;
    if (grant.kind === 'contact') return {};
    if (grant.kind === 'invite') {
      const partyLabel = safeLine(grant.partyLabel);
      return { ...(partyLabel !== '' && { partyLabel }), isPublicParty: grant.isPublic };
    }
    if (!isSayable(grant.partyName)) throw wrong('The code names no party. Ask for another one.');
    const { isJoined, isPublic } = parties.look(grant.partyName);
    return { partyLabel: safeLine(grant.partyName), isJoined, isPublicParty: isPublic };
  }
}

function shownAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function wrong(message: string): AppError {
  return new AppError('invalid-argument', message);
}
