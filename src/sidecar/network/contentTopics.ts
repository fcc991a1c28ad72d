// The topics by which holders of one content are met: announced by who has it, looked up by who wants it. Peers of a large party are not all
// connected to each other. Whom a lookup finds is dialled by its key, which goes beside the limits for peers of a party; a hostile member can
// announce peers without number, so only a few of each topic are tried at a time. Knows neither contents nor parties.

import type { Discovery } from 'hyperswarm';
import { networkLimits } from '../limits.ts';

/** What is wanted of a topic: to be found by it, to find by it, or both. */
export interface ContentTopic {
  topic: Uint8Array;
  isAnnounced: boolean;
  isLookedUp: boolean;
}

/** The part of a swarm that content topics need. */
export interface ContentSwarm {
  join(topic: Uint8Array, options: { server: boolean; client: boolean }): Discovery;
  leave(topic: Uint8Array): Promise<void>;
  /** The swarm's DHT. */
  dht: { lookup(topic: Uint8Array): Lookup };
}

export interface Lookup extends AsyncIterable<{ peers: { publicKey: Uint8Array }[] }> {
  destroy(): void;
}

export interface ContentTopicsOptions {
  /** Our own key, which lookups find as well. */
  ownKey: Uint8Array;
  /** From now on this peer is tried, until `release`. */
  dial(publicKey: Uint8Array): void;
  release(publicKey: Uint8Array): void;
  isConnected(publicKey: Uint8Array): boolean;
  /** Before the first lookup again, the second, …; for tests. */
  lookUpDelaysMs?: readonly number[];
}

interface Joined {
  topic: Uint8Array;
  isAnnounced: boolean;
  isLookedUp: boolean;
  /** While it is announced. */
  discovery: Discovery | undefined;
  step: number;
  timer: NodeJS.Timeout | undefined;
  lookup: Lookup | undefined;
  /** Whom it found and is tried, by key in hex. */
  dialled: Map<string, Uint8Array>;
}

export class ContentTopics {
  readonly #options: ContentTopicsOptions;
  readonly #topics = new Map<string, Joined>();
  #swarm: ContentSwarm | undefined;

  constructor(options: ContentTopicsOptions) {
    this.#options = options;
  }

  /** Replaces all that was wanted before. Who was found stays connected. */
  set(wanted: readonly ContentTopic[]): void {
    const next = new Map(wanted.map((topic) => [hexOf(topic.topic), topic]));
    for (const [key, joined] of this.#topics) if (!next.has(key)) this.#drop(key, joined);
    for (const [key, { topic, isAnnounced, isLookedUp }] of next) {
      const joined = this.#topics.get(key) ?? newlyJoined(topic);
      this.#topics.set(key, joined);
      this.#announce(joined, isAnnounced);
      this.#lookUpOrNot(joined, isLookedUp);
    }
  }

  /** Joins everything on a new swarm. */
  attach(swarm: ContentSwarm): void {
    this.#swarm = swarm;
    for (const joined of this.#topics.values()) {
      if (joined.isAnnounced) joined.discovery = swarm.join(joined.topic, { server: true, client: false });
      if (joined.isLookedUp) this.#lookUpNow(joined);
    }
  }

  /** The swarm is going away. */
  detach(): void {
    this.#swarm = undefined;
    for (const joined of this.#topics.values()) {
      this.#stop(joined);
      joined.discovery = undefined;
      joined.dialled.clear();
    }
  }

  /** The network is there again, or changed: everything at once. */
  lookUpSoon(): void {
    for (const joined of this.#topics.values()) {
      joined.discovery?.refresh().catch(() => undefined); // Left in the meantime.
      if (joined.isLookedUp) this.#lookUpNow(joined);
    }
  }

  /** Whether it was found by one of the topics and is still tried. */
  isDialled(publicKey: Uint8Array): boolean {
    const key = hexOf(publicKey);
    return [...this.#topics.values()].some(({ dialled }) => dialled.has(key));
  }

  /** Whether anybody may find us by a content. */
  get isAnnouncing(): boolean {
    return [...this.#topics.values()].some(({ isAnnounced }) => isAnnounced);
  }

  #announce(joined: Joined, isAnnounced: boolean): void {
    if (joined.isAnnounced === isAnnounced) return;
    joined.isAnnounced = isAnnounced;
    if (isAnnounced) {
      joined.discovery = this.#swarm?.join(joined.topic, { server: true, client: false });
      return;
    }
    joined.discovery = undefined;
    this.#swarm?.leave(joined.topic).catch(() => undefined); // Untold, the announcement ends by its age.
  }

  #lookUpOrNot(joined: Joined, isLookedUp: boolean): void {
    if (joined.isLookedUp === isLookedUp) return;
    joined.isLookedUp = isLookedUp;
    if (isLookedUp) this.#lookUpNow(joined);
    else {
      this.#stop(joined);
      this.#keepDialled(joined, new Map());
    }
  }

  #drop(key: string, joined: Joined): void {
    this.#announce(joined, false);
    this.#lookUpOrNot(joined, false);
    this.#topics.delete(key);
  }

  #stop(joined: Joined): void {
    clearTimeout(joined.timer);
    joined.timer = undefined;
    joined.lookup?.destroy();
    joined.lookup = undefined;
  }

  #lookUpNow(joined: Joined): void {
    joined.step = 0;
    this.#stop(joined);
    void this.#lookUp(joined);
  }

  /**
   * A lookup of our own, and again after growing waits for as long as it is wanted: Hyperswarm repeats one after ten minutes only, and whoever
   * only looks up is found by nobody.
   */
  async #lookUp(joined: Joined): Promise<void> {
    const swarm = this.#swarm;
    if (!swarm) return;
    const lookup = swarm.dht.lookup(joined.topic);
    joined.lookup = lookup;
    const found = new Map<string, Uint8Array>();
    try {
      for await (const { peers } of lookup) {
        for (const { publicKey } of peers) {
          const key = hexOf(publicKey);
          if (key === hexOf(this.#options.ownKey) || found.size >= networkLimits.contentPeersFound) continue;
          found.set(key, publicKey);
        }
        if (joined.lookup === lookup) this.#dialMore(joined, found);
      }
    } catch {
      // Nobody answered, or it was ended: looked up again below, if it is still wanted.
    }
    if (joined.lookup !== lookup) return;
    joined.lookup = undefined;
    if (found.size > 0) this.#keepDialled(joined, this.#worthTrying(joined, found));
    const delays = this.#options.lookUpDelaysMs ?? networkLimits.contentLookUpDelaysMs;
    const delayMs = delays[Math.min(joined.step++, delays.length - 1)] ?? 0;
    joined.timer = setTimeout(() => void this.#lookUp(joined), delayMs * (0.75 + Math.random() / 2)).unref();
  }

  /** While the lookup still runs. */
  #dialMore(joined: Joined, found: ReadonlyMap<string, Uint8Array>): void {
    for (const [key, publicKey] of found) {
      if (joined.dialled.size >= networkLimits.contentPeersTried) return;
      if (!joined.dialled.has(key)) this.#dial(joined, key, publicKey);
    }
  }

  /** Those that are connected, and others of all that were found by chance: who does not answer makes room for who may. */
  #worthTrying(joined: Joined, found: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
    const kept = new Map([...joined.dialled].filter(([, publicKey]) => this.#options.isConnected(publicKey)));
    const others = [...found].filter(([key]) => !kept.has(key));
    while (kept.size < networkLimits.contentPeersTried && others.length > 0) {
      const [one] = others.splice(Math.floor(Math.random() * others.length), 1);
      if (one) kept.set(...one);
    }
    return kept;
  }

  #keepDialled(joined: Joined, kept: ReadonlyMap<string, Uint8Array>): void {
    for (const [key, publicKey] of joined.dialled) {
      if (kept.has(key)) continue;
      joined.dialled.delete(key);
      if (!this.isDialled(publicKey)) this.#options.release(publicKey);
    }
    for (const [key, publicKey] of kept) this.#dial(joined, key, publicKey);
  }

  #dial(joined: Joined, key: string, publicKey: Uint8Array): void {
    joined.dialled.set(key, publicKey);
    if (!this.#options.isConnected(publicKey)) this.#options.dial(publicKey);
  }
}

function newlyJoined(topic: Uint8Array): Joined {
  return {
    topic: Buffer.from(topic),
    isAnnounced: false,
    isLookedUp: false,
    discovery: undefined,
    step: 0,
    timer: undefined,
    lookup: undefined,
    dialled: new Map(),
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
