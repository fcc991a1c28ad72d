// The feed of what is known of one own share's files: opening, growing, beginning anew. What goes into it is describing.ts's.

import type { Feeds, OwnFeed } from '../../catalog/feeds/feeds.ts';
import type { Log } from '../../log.ts';
import type { ShareAnnouncement } from '../../wire/services.ts';
import type { ShareRow } from '../shareRow.ts';

export interface OwnDetailsOptions {
  feeds: Feeds;
  log: Log;
  row: () => Readonly<ShareRow>;
  save: (change: Partial<ShareRow>) => void;
}

export class OwnDetails {
  readonly #options: OwnDetailsOptions;
  #feed: OwnFeed | undefined;
  /** The share's key that its feed was made with: with another one it is not this share's any more. */
  #shareKey: Uint8Array | undefined;

  constructor(options: OwnDetailsOptions) {
    this.#options = options;
  }

  get feed(): OwnFeed | undefined {
    return this.#isOfThisKey ? this.#feed : undefined;
  }

  /** What peers are told; undefined while there is nothing. */
  get announced(): ShareAnnouncement['details'] {
    const { detailsLength } = this.#options.row();
    return this.feed === undefined || detailsLength === 0 ? undefined : { feedKey: this.feed.key, feedLength: detailsLength };
  }

  get announcedLength(): number {
    return this.#options.row().detailsLength;
  }

  /** Opens what there is. A feed that lost its end in a power cut is left behind: its blocks may be at peers, under the same numbers. */
  async open(): Promise<void> {
    const { shareId, encryptionKey, detailsGeneration, detailsLength, title } = this.#options.row();
    if (detailsGeneration === 0) return;
    this.#feed = await this.#options.feeds.ownDetails(shareId, encryptionKey, detailsGeneration);
    this.#shareKey = encryptionKey;
    if (this.#feed.length >= detailsLength) return;
    this.#options.log.warn(`What is known of the files in "${title}" lost its end and is told anew`);
    await this.renew();
  }

  /** Forgets the feed, and begins another one. */
  async renew(): Promise<OwnFeed> {
    const next = await this.next();
    await this.replace(next, {});
    return next.feed;
  }

  /** An empty feed that is not told yet. */
  async next(): Promise<{ feed: OwnFeed; generation: number; shareKey: Uint8Array }> {
    const { shareId, encryptionKey, detailsGeneration } = this.#options.row();
    for (let generation = detailsGeneration + 1; ; generation++) {
      const feed = await this.#options.feeds.ownDetails(shareId, encryptionKey, generation);
      // One that a crash left half written is never written again: two histories would be a fork.
      if (feed.length === 0) return { feed, generation, shareKey: encryptionKey };
      await feed.core.close();
    }
  }

  /** The feed is told from now on as it is, in place of the one before. */
  async replace(next: Awaited<ReturnType<OwnDetails['next']>>, change: Partial<ShareRow>): Promise<void> {
    const { row, save, feeds, log } = this.#options;
    const { shareId, detailsGeneration, revision } = row();
    const earlierKey = this.#shareKey;
    this.#feed = next.feed;
    this.#shareKey = next.shareKey;
    save({ ...change, detailsGeneration: next.generation, detailsLength: next.feed.length, revision: revision + 1 });
    if (detailsGeneration === 0 || earlierKey === undefined) return;
    await feeds
      .removeOwnDetails(shareId, earlierKey, detailsGeneration)
      .catch((error: unknown) => log.warn(`An older feed of details stays: ${String(error)}`));
  }

  /** Answers the number of the first block. */
  async append(blocks: Uint8Array[]): Promise<number> {
    const feed = this.feed ?? (await this.renew());
    const first = feed.length;
    await feed.append(blocks);
    return first;
  }

  /** All that the feed has is told from now on. */
  tell(): void {
    const { row, save } = this.#options;
    const length = this.feed?.length ?? 0;
    if (length > row().detailsLength) save({ detailsLength: length, revision: row().revision + 1 });
  }

  /** Undefined when it is not on this disk. */
  async block(index: number): Promise<Uint8Array | undefined> {
    return (await this.feed?.core.get(index, { wait: false })) ?? undefined;
  }

  /** Deletes the feed from this disk. */
  async remove(): Promise<void> {
    const { row, feeds } = this.#options;
    const { shareId, detailsGeneration } = row();
    this.#feed = undefined;
    if (detailsGeneration > 0 && this.#shareKey !== undefined)
      await feeds.removeOwnDetails(shareId, this.#shareKey, detailsGeneration);
  }

  get #isOfThisKey(): boolean {
    const key = this.#shareKey;
    return key !== undefined && Buffer.compare(key, this.#options.row().encryptionKey) === 0;
  }
}
