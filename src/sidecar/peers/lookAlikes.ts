// Which names look the same: two peers may call themselves alike by chance, or one to be taken for the other. Names are no identities; this only
// keeps people from mixing them up.

import type { PeerId } from '../../protocol/ids.ts';
import { derivedName } from './names.ts';

/** What peers are called, as stored. */
export interface NamedRow {
  peerId: PeerId;
  nickname: string;
  petname: string;
}

/** Letters and digits that are drawn like a Latin letter, in lower case: the common ones of Unicode's confusables (UTS #39). */
const drawnAlike = new Map<string, string>(
  Object.entries({
    a: 'аαɑ',
    b: 'ьв',
    c: 'сϲ¢',
    d: 'ԁ',
    e: 'еёεє',
    g: 'ɡ',
    h: 'һн',
    i: 'іıιӏ1l|!ɩ',
    j: 'јϳ',
    k: 'кκ',
    m: 'м',
    n: 'пηո',
    o: '0оοσօ',
    p: 'рρ',
    q: 'ԛ',
    r: 'г',
    s: 'ѕ5$',
    t: 'тτ',
    u: 'υս',
    v: 'νѵ',
    w: 'ѡԝω',
    x: 'хχ',
    y: 'уүγ',
    z: 'ᴢ',
  }).flatMap(([latin, others]) => [...others].map((other): [string, string] => [other, latin])),
);

/** What is left of a name when letters that look alike are one: for comparing, never for showing. */
export function skeleton(name: string): string {
  const folded = name
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\p{M}\p{P}\p{Z}\p{Cf}_|$]+/gu, (some) => [...some].map((each) => drawnAlike.get(each) ?? '').join(''));
  return [...folded]
    .map((each) => drawnAlike.get(each) ?? each)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
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
