// Names that look the same have the same skeleton (UTS #39, section 4): for the sidecar, which tells peers apart, and for editors, which warn.

/** Letters and digits that are drawn like a Latin letter, in lower case: the common ones of Unicode's confusables (UTS #39). */
const drawnAlike = new Map<string, string>(
  Object.entries({
    a: 'аαɑ4',
    b: 'ьв',
    c: 'сϲ¢',
    d: 'ԁ',
    e: 'еёεє3',
    g: 'ɡ',
    h: 'һн',
    i: 'іıιӏ1lł|!ɩ',
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

/** What is left of a name when letters that look alike are one: for comparing, never for showing. A name of signs alone stands for itself. */
export function skeleton(name: string): string {
  const folded = name
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\p{M}\p{P}\p{Z}\p{Cf}_|$]+/gu, (some) => [...some].map((each) => drawnAlike.get(each) ?? '').join(''));
  const looks = [...folded]
    .map((each) => drawnAlike.get(each) ?? each)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
  return looks === '' ? name : looks;
}
