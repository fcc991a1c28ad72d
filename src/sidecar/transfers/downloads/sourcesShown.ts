// Sources of all files that a download receives at once, one line a peer, as the queue shows them.

import { localLimits, transferLimits } from '../../limits.ts';
import { Pace } from '../pace.ts';
import type { SwarmSource } from './swarm/contract.ts';

/** What is best of a peer's states is shown: it gives, even if a file of it waits. */
const rank: Readonly<Record<SwarmSource['state'], number>> = { active: 0, waiting: 1, refused: 2, dropped: 3 };

export class SourcesShown {
  readonly #parts = new Map<object, readonly SwarmSource[]>();
  /** Bytes and bad pieces of files that are done. */
  readonly #past = new Map<string, SwarmSource>();
  readonly #pace: Pace;

  constructor(onSources: (sources: SwarmSource[]) => void) {
    this.#pace = new Pace(localLimits.progressHz, () => onSources(this.#merged()));
  }

  /** Sources of one file, or of packs, as of now. */
  set(part: object, sources: readonly SwarmSource[]): void {
    this.#parts.set(part, sources);
    this.#pace.touch();
  }

  /** The file is done: what its sources gave stays counted. */
  remove(part: object): void {
    for (const source of this.#parts.get(part) ?? []) {
      const past = this.#past.get(source.peerId);
      if (past) add(past, source);
      else this.#past.set(source.peerId, { ...source, state: source.state === 'dropped' ? 'dropped' : 'active' });
    }
    this.#parts.delete(part);
    this.#pace.touch();
  }

  stop(): void {
    this.#pace.stop();
  }

  #merged(): SwarmSource[] {
    const merged = new Map<string, SwarmSource>();
    for (const source of [...this.#parts.values()].flat()) {
      const there = merged.get(source.peerId);
      if (!there) merged.set(source.peerId, { ...source });
      else {
        add(there, source);
        there.bytesPerSecond += source.bytesPerSecond;
        if (rank[source.state] < rank[there.state]) Object.assign(there, { state: source.state, link: source.link });
      }
    }
    for (const [peerId, past] of this.#past) {
      const there = merged.get(peerId);
      if (there) add(there, past);
      else if (past.state === 'dropped') merged.set(peerId, { ...past, bytesPerSecond: 0 });
    }
    for (const source of merged.values()) {
      if (source.state !== 'waiting') delete source.position;
      if (source.state !== 'refused' && source.state !== 'dropped') delete source.reason;
    }
    return [...merged.values()].sort((a, b) => b.bytesPerSecond - a.bytesPerSecond).slice(0, transferLimits.sources);
  }
}

function add(to: SwarmSource, from: SwarmSource): void {
  to.receivedBytes += from.receivedBytes;
  to.badPieces += from.badPieces;
}
