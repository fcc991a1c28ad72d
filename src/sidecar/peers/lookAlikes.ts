// Which names look the same: two peers may call themselves alike by chance, or one to be taken for the other. Names are no identities; this only
// keeps people from mixing them up.

import type { PeerId } from '../../protocol/ids.ts';
import { skeleton } from '../../protocol/skeleton.ts';
import { derivedName } from './names.ts';

/** What peers are called, as stored. */
export interface NamedRow {
  peerId: PeerId;
  nickname: string;
  petname: string;
}

export class LookAlikes {
  /** How many peers are shown with a name that looks so; and how many petnames do. */
  readonly #shown = new Map<string, number>();
  readonly #petnames = new Map<string, number>();

  constructor(rows: Iterable<NamedRow>) {
    for (const { peerId, nickname, petname } of rows) {
      // Whoever goes by a nickname could be taken for whom the key's name means; or, with both in it, for whom such a name is shown of.
      const derived = derivedName(peerId);
      const shown = petname || nickname || derived;
      for (const look of new Set([shown, derived, `${shown} (${derived})`].map(skeleton))) count(this.#shown, look);
      if (petname !== '') count(this.#petnames, skeleton(petname));
    }
  }

  /** Whether another peer goes by a name that looks like this one, which one of them has. A petname is only like other petnames. */
  isAmbiguous(name: string, { isPetname }: { isPetname: boolean }): boolean {
    const names = isPetname ? this.#petnames : this.#shown;
    return (names.get(skeleton(name)) ?? 0) > 1;
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
