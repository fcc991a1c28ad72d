// Own shares as they are announced: signed once a revision, told to many, and found by the discovery keys of their feeds. Knows not who may see
// which: it is asked with a rule.

import type { ShareId } from '../protocol/ids.ts';
import type { AudienceTags } from './audienceTags.ts';
import { isInAudience, type Viewer } from './shares/audienceText.ts';
import type { OwnRemoval } from './shares/removals.ts';
import type { Shares } from './shares/shares.ts';
import { signAnnouncement } from './wire/announcement.ts';
import { discoveryKeyOf } from './wire/discoveryKey.ts';
import type { ShareAnnouncement, SignedAnnouncement } from './wire/services.ts';

/** An own share as it was announced last. */
interface OwnShare {
  announcement: ShareAnnouncement;
  /** Ed25519 is deterministic: signed once a revision. */
  signed: SignedAnnouncement;
  discoveryKey: string;
}

export interface OwnFeed {
  shareId: ShareId;
  kind: 'index' | 'details';
}

export class OwnAnnouncements {
  readonly #shares: Pick<Shares, 'announcements' | 'removals' | 'audience'>;
  readonly #tags: AudienceTags;
  readonly #keyPair: { secretKey: Uint8Array };
  #own = new Map<ShareId, OwnShare>();
  /** By the feed's discovery key (hex). */
  #feeds = new Map<string, OwnFeed>();
  #version = 0;
  #removals: OwnRemoval[] | undefined;

  constructor(
    shares: Pick<Shares, 'announcements' | 'removals' | 'audience'>,
    keyPair: { secretKey: Uint8Array },
    tags: AudienceTags,
  ) {
    this.#shares = shares;
    this.#tags = tags;
    this.#keyPair = keyPair;
  }

  /** Counts changes of the list; 0 before the first `refresh`. */
  get version(): number {
    return this.#version;
  }

  has(shareId: ShareId): boolean {
    return this.#own.has(shareId);
  }

  get shareIds(): ShareId[] {
    return [...this.#own.keys()];
  }

  list(maySee: (shareId: ShareId) => boolean): SignedAnnouncement[] {
    return [...this.#own].filter(([shareId]) => maySee(shareId)).map(([, { signed }]) => signed);
  }

  /** For whom might see the share and may not any more, or for whom it is gone. Whoever could not see it is not told that it ever was. */
  removals(viewer: Viewer, maySee: (shareId: ShareId) => boolean): SignedAnnouncement[] {
    this.#removals ??= this.#shares.removals();
    return this.#removals
      .filter(({ shareId, audience }) => isInAudience(audience, viewer) && !(this.#own.has(shareId) && maySee(shareId)))
      .map(({ signed }) => signed);
  }

  feed(discoveryKey: Uint8Array): OwnFeed | undefined {
    return this.#feeds.get(Buffer.from(discoveryKey).toString('hex'));
  }

  /** Takes in what changed of our shares: a scan reports progress several times a second, and a delta is one share of a thousand. */
  refresh(): void {
    const before = this.#own;
    const announcements = this.#shares.announcements();
    const now = new Map<ShareId, OwnShare>();
    let isChanged = this.#version === 0 || announcements.length !== before.size;
    for (const announcement of announcements) {
      const { shareId, revision, feedKey } = announcement;
      const known = before.get(shareId);
      if (known?.announcement.revision === revision) {
        now.set(shareId, known);
        continue;
      }
      isChanged = true;
      const discoveryKey = hexKey(feedKey);
      const passTags = this.#tags.of(shareId, this.#shares.audience(shareId));
      const told = { ...announcement, ...(passTags !== undefined && { passTags }) };
      now.set(shareId, { announcement, signed: signAnnouncement(told, this.#keyPair), discoveryKey });
    }
    if (!isChanged) return;
    this.#version++;
    this.#own = now;
    this.#feeds = new Map();
    for (const [shareId, { discoveryKey, announcement }] of now) {
      this.#feeds.set(discoveryKey, { shareId, kind: 'index' });
      const { details } = announcement;
      if (details) this.#feeds.set(hexKey(details.feedKey), { shareId, kind: 'details' });
    }
    this.#removals = undefined;
  }
}

function hexKey(feedKey: Uint8Array): string {
  return Buffer.from(discoveryKeyOf(feedKey)).toString('hex');
}
