// Members of whom other members told, in their own signed words: bounded, so that nobody who tells of a thousand crowds out what others told.
// In memory alone: a record is good for an hour.

import type { PartyId, PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import type { MemberRecord } from './memberRecord.ts';

export interface HeardMember {
  record: MemberRecord;
  /** Who told it first. */
  from: PeerId;
  heardAtMs: number;
}

export class PartyHearsay {
  /** In the order in which they were heard. */
  readonly #parties = new Map<PartyId, Map<PeerId, HeardMember>>();

  get(partyId: PartyId, peerId: PeerId): HeardMember | undefined {
    return this.#parties.get(partyId)?.get(peerId);
  }

  of(partyId: PartyId): HeardMember[] {
    return [...(this.#parties.get(partyId)?.values() ?? [])];
  }

  all(): HeardMember[] {
    return [...this.#parties.keys()].flatMap((partyId) => this.of(partyId));
  }

  take(heard: HeardMember): void {
    const { record, from } = heard;
    const members = this.#parties.get(record.partyId) ?? new Map<PeerId, HeardMember>();
    this.#parties.set(record.partyId, members);
    const earlier = members.get(record.peerId);
    members.delete(record.peerId);
    members.set(record.peerId, { ...heard, from: earlier?.from ?? from });
    const ofOne = earlier ? [] : [...members.values()].filter((other) => other.from === from);
    const oldest = ofOne.length > meetingLimits.hearsayOfOne ? ofOne[0]?.record.peerId : undefined;
    if (oldest !== undefined) members.delete(oldest);
    const [first] = members.keys();
    if (members.size > meetingLimits.hearsayMembers && first !== undefined) members.delete(first);
  }

  /** Blocked, or forgotten. */
  drop(peerId: PeerId): void {
    for (const members of this.#parties.values()) members.delete(peerId);
  }

  /** Drops what is not to stay. */
  keep(stays: (heard: HeardMember) => boolean): void {
    for (const [partyId, members] of this.#parties) {
      for (const [peerId, heard] of members) if (!stays(heard)) members.delete(peerId);
      if (members.size === 0) this.#parties.delete(partyId);
    }
  }

  clear(): void {
    this.#parties.clear();
  }
}
