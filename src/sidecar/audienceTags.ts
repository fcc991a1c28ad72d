// How a share says in which parties it may be passed on, without naming them to members of others: tags that only who knows a party's name can
// make. docs/wire-protocol.md has the layout.

import type { PartyId, ShareId } from '../protocol/ids.ts';
import type { Audience } from '../protocol/model.ts';
import { localLimits, wireLimits } from './limits.ts';
import { audienceTagOf } from './network/partyProof.ts';

export class AudienceTags {
  readonly #nameOf: (partyId: PartyId) => string | undefined;
  /** By party and share; made anew when there are too many. */
  readonly #known = new Map<string, Uint8Array>();

  /** `nameOf`: of a party that we are in. */
  constructor(nameOf: (partyId: PartyId) => string | undefined) {
    this.#nameOf = nameOf;
  }

  /** What an own share says; undefined: in every party in common with its owner. Too many parties count as none: then nobody passes it on. */
  of(shareId: ShareId, { everyone, partyIds }: Audience): Uint8Array[] | undefined {
    if (everyone) return undefined;
    const tags = partyIds.map((partyId) => this.#tag(partyId, shareId)).filter((tag) => tag !== undefined);
    return tags.length > wireLimits.audienceTags ? [] : tags.sort((one, other) => Buffer.compare(one, other));
  }

  /** Those of our parties in which a share of somebody may be passed on. */
  allowed(shareId: ShareId, tags: readonly Uint8Array[] | undefined, partyIds: readonly PartyId[]): PartyId[] {
    if (tags === undefined) return [...partyIds];
    if (tags.length === 0) return [];
    return partyIds.filter((partyId) => {
      const own = this.#tag(partyId, shareId);
      return own !== undefined && tags.some((tag) => Buffer.compare(tag, own) === 0);
    });
  }

  #tag(partyId: PartyId, shareId: ShareId): Uint8Array | undefined {
    const key = `${partyId}/${shareId}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#nameOf(partyId);
    if (name === undefined) return undefined;
    if (this.#known.size >= localLimits.audienceTags) this.#known.clear();
    const tag = audienceTagOf(name, shareId);
    this.#known.set(key, tag);
    return tag;
  }
}
