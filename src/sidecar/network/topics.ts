// The topics that we announce and look up, and when again. Hyperswarm does so every ten minutes, which is too rare for two peers that joined
// at the same moment and missed each other, for a peer that dropped, and for a network that was away at the start.

import type { Discovery } from 'hyperswarm';
import type { PartyInfo } from '../../protocol/model.ts';
import { networkLimits } from '../limits.ts';

interface Topic {
  topic: Uint8Array;
  discovery: Discovery | undefined;
  /** Announced once, on some DHT node. */
  isAnnounced: boolean;
}

/** The part of a swarm that topics need. */
export interface TopicSwarm {
  join(topic: Uint8Array, options: { server: boolean; client: boolean }): Discovery;
  leave(topic: Uint8Array): Promise<void>;
}

export class Topics {
  readonly #onChange: () => void;
  readonly #topics = new Map<string, Topic>();
  #swarm: TopicSwarm | undefined;
  #timer: NodeJS.Timeout | undefined;
  #step = 0;
  #lookedUpAt = -Infinity;

  constructor(options: { onChange(): void }) {
    this.#onChange = () => options.onChange();
  }

  /** Joins everything on a new swarm. */
  attach(swarm: TopicSwarm): void {
    this.#swarm = swarm;
    for (const topic of this.#topics.values()) {
      topic.isAnnounced = false;
      this.#join(topic, swarm);
    }
    this.lookUpSoon();
  }

  /** The swarm is going away. */
  detach(): void {
    this.#swarm = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const topic of this.#topics.values()) topic.discovery = undefined;
  }

  add(bytes: Uint8Array): void {
    const key = keyOf(bytes);
    if (this.#topics.has(key)) return;
    const topic: Topic = { topic: Buffer.from(bytes), discovery: undefined, isAnnounced: false };
    this.#topics.set(key, topic);
    if (this.#swarm) this.#join(topic, this.#swarm);
    this.lookUpSoon();
    this.#onChange();
  }

  async remove(bytes: Uint8Array): Promise<void> {
    const key = keyOf(bytes);
    const topic = this.#topics.get(key);
    if (!topic) return;
    this.#topics.delete(key);
    this.#onChange();
    await this.#swarm?.leave(topic.topic);
  }

  stateOf(bytes: Uint8Array, isReachable: boolean): PartyInfo['state'] {
    const isAnnounced = this.#topics.get(keyOf(bytes))?.isAnnounced ?? false;
    if (!isReachable) return 'offline';
    return isAnnounced ? 'joined' : 'joining';
  }

  states(isReachable: boolean): PartyInfo['state'][] {
    return [...this.#topics.values()].map(({ topic }) => this.stateOf(topic, isReachable));
  }

  /** Looks everything up again in a moment, and a few times more at growing distances. */
  lookUpSoon(): void {
    this.#step = 0;
    this.#schedule();
  }

  #join(topic: Topic, swarm: TopicSwarm): void {
    // With both roles: a swarm that joined as client only was not found for ten minutes.
    topic.discovery = swarm.join(topic.topic, { server: true, client: true });
    void this.#lookUp(topic);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const delays = networkLimits.lookUpDelaysMs;
    const delayMs = delays[this.#step] ?? (this.#isMissing() ? delays.at(-1) : undefined);
    if (!this.#swarm || delayMs === undefined) return;
    const earliestMs = this.#lookedUpAt + networkLimits.lookUpMinMs - performance.now();
    const waitMs = Math.max(delayMs * (0.75 + Math.random() / 2), earliestMs);
    this.#timer = setTimeout(() => {
      this.#step++;
      this.#lookedUpAt = performance.now();
      for (const topic of this.#topics.values()) void this.#lookUp(topic);
      this.#schedule();
    }, waitMs);
  }

  #isMissing(): boolean {
    return [...this.#topics.values()].some(({ isAnnounced }) => !isAnnounced);
  }

  /** Announces and looks up; hyperswarm connects to whom it finds. */
  async #lookUp(topic: Topic): Promise<void> {
    const discovery = topic.discovery;
    if (!discovery) return;
    // Refreshing a discovery that was left in the meantime throws; that is no failure.
    const isDone = await discovery.refresh().catch(() => false);
    if (!isDone || topic.isAnnounced || topic.discovery !== discovery) return;
    topic.isAnnounced = true;
    this.lookUpSoon(); // Who announced at the same moment could not be found yet.
    this.#onChange();
  }
}

function keyOf(topic: Uint8Array): string {
  return Buffer.from(topic).toString('hex');
}
