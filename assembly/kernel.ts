// The inner loops of searching, in AssemblyScript (https://www.assemblyscript.org), compiled to WebAssembly by scripts/kernel.ts into
// src/sidecar/catalog/search/kernelBytes.ts. Works on memory that the host lays out (src/sidecar/catalog/search/kernel.ts): no allocation, no imports.
// Names are folded UTF-8, each ended by 0, with a 0 before the first and 32 bytes of room after the last.

/**
 * A term is not in a name. The other classes: 0 the whole name, 1 a whole word, 2 the name begins so, 3 a word begins so, 4 inside, 5 in the path;
 * when nearly equal names are asked for, too: 6 one edit away, 8 in the path (also one edit away), 128 its letters in this order (so that two
 * such terms, and more than 254, are no match). */
const absent: u8 = 255;
const oneEdit: u8 = 6;
const inOrder: u8 = 128;
/** 256 bytes, 1 for each byte that belongs to a word; the host fills it. */
const wordTable: usize = 1024;
/** 256 bytes, the higher the rarer in names; the host fills it. */
const rarityTable: usize = 1280;
/** Two u32 for each place that is to be looked at closely, and how many are before they are. */
const hitList: usize = 1536;
const mostListed: usize = 192;

// ---- The best entries so far: keys, and what they stand for (`order`: unique, rising as entries come; the folder it lies in). The smallest win.

let keys: usize = 0;
let orders: usize = 0;
let homes: usize = 0;
let kept: i32 = 0;
let capacity: i32 = 0;
let wanted: i32 = 0;
let threshold: f64 = Infinity;
let afterKey: f64 = -1;
let afterOrder: f64 = -1;

/** Starts anew. Keeps the `count` smallest after (`key`, `order`) in arrays of `room` > count numbers: two of f64, one of u32. */
export function keep(keysAt: usize, ordersAt: usize, homesAt: usize, room: i32, count: i32, key: f64, order: f64): void {
  keys = keysAt;
  orders = ordersAt;
  homes = homesAt;
  capacity = room;
  wanted = count;
  kept = 0;
  threshold = count == 0 ? -1 : Infinity;
  afterKey = key;
  afterOrder = order;
}

/** One more. */
export function offer(key: f64, order: f64, home: u32): void {
  if (key >= threshold) return;
  if (key < afterKey || (key == afterKey && order <= afterOrder)) return;
  store<f64>(keys + ((<usize>kept) << 3), key);
  store<f64>(orders + ((<usize>kept) << 3), order);
  store<u32>(homes + ((<usize>kept) << 2), home);
  if (++kept == capacity) drop();
}

/** How many are kept now: at most `count`, not sorted. */
export function settle(): i32 {
  if (kept > wanted) drop();
  return kept;
}

/** Entries with this key or above cannot get in any more. */
export function bound(): f64 {
  return threshold;
}

function keyAt(at: i32): f64 {
  return load<f64>(keys + ((<usize>at) << 3));
}

function orderAt(at: i32): f64 {
  return load<f64>(orders + ((<usize>at) << 3));
}

function isBefore(key: f64, order: f64, at: i32): bool {
  const other = keyAt(at);
  return key < other || (key == other && order < orderAt(at));
}

/** Quickselect (Hoare): the `wanted` smallest come first, the rest is forgotten. */
function drop(): void {
  let low = 0;
  let high = kept - 1;
  const target = wanted - 1;
  while (low < high) {
    const middle = low + ((high - low) >> 1);
    const key = keyAt(middle);
    const order = orderAt(middle);
    let left = low;
    let right = high;
    while (left <= right) {
      while (keyAt(left) < key || (keyAt(left) == key && orderAt(left) < order)) left++;
      while (isBefore(key, order, right)) right--;
      if (left <= right) {
        swap(left, right);
        left++;
        right--;
      }
    }
    if (target <= right) high = right;
    else if (target >= left) low = left;
    else break;
  }
  kept = wanted;
  let worst: f64 = -1;
  for (let at = 0; at < kept; at++) if (keyAt(at) > worst) worst = keyAt(at);
  // What comes later with the same key has a higher order.
  threshold = worst;
}

function swap(one: i32, other: i32): void {
  const key = keyAt(one);
  const order = orderAt(one);
  const home = load<u32>(homes + ((<usize>one) << 2));
  store<f64>(keys + ((<usize>one) << 3), keyAt(other));
  store<f64>(orders + ((<usize>one) << 3), orderAt(other));
  store<u32>(homes + ((<usize>one) << 2), load<u32>(homes + ((<usize>other) << 2)));
  store<f64>(keys + ((<usize>other) << 3), key);
  store<f64>(orders + ((<usize>other) << 3), order);
  store<u32>(homes + ((<usize>other) << 2), home);
}

function keyOf(score: u32, time: u32, pathBytes: u32): f64 {
  return <f64>(((<u64>score) << 45) | ((<u64>~time) << 13) | (<u64>min<u32>(pathBytes, 8191)));
}

// ---- Finding a term in names

/**
 * Lowers `classes[i]` for each name i that holds the term. `isFile`: the whole name may go without its extension. A term that begins
 * with 0 is looked for at the beginnings of names only. Returns how many names there are. Generic SIMD algorithm (Mula,
 * http://0x80.pl/articles/simd-strfind.html), with the two rarest bytes instead of the first and last.
 */
export function scan(names: usize, length: i32, term: usize, termLength: i32, classes: usize, isFile: bool): i32 {
  return find(names, length, term, termLength, classes, isFile ? anyFile : anyName, 0, 0);
}

/** As `scan`, only where a word begins. */
export function scanStarts(names: usize, length: i32, term: usize, termLength: i32, classes: usize): void {
  find(names, length, term, termLength, classes, wordStart, 0, 0);
}

/** As `scan`, in names that are one word each. */
export function scanWords(names: usize, length: i32, term: usize, termLength: i32, classes: usize): void {
  find(names, length, term, termLength, classes, oneWord, 0, 0);
}

/**
 * Lowers the classes of names one of whose words has a part that is one edit away from the term: a byte more, less or another, or two
 * swapped. One half of the term is then whole (pigeonhole), but when the two are on both sides of its middle. `scratch`: room for the term.
 */
export function scanEdits(names: usize, length: i32, term: usize, termLength: i32, classes: usize, scratch: usize): void {
  const half = termLength >> 1;
  const rest = term + <usize>half;
  find(names, length, term, half, classes, editAfter, rest, termLength - half);
  find(names, length, rest, termLength - half, classes, editBefore, term, half);
  memory.copy(scratch, term, <usize>termLength);
  store<u8>(scratch + <usize>half - 1, load<u8>(term + <usize>half));
  store<u8>(scratch + <usize>half, load<u8>(term + <usize>half - 1));
  find(names, length, scratch, termLength, classes, swapped, 0, 0);
}

const anyName: i32 = 0;
const anyFile: i32 = 1;
const wordStart: i32 = 2;
const oneWord: i32 = 3;
const editAfter: i32 = 4;
const editBefore: i32 = 5;
const swapped: i32 = 6;

/** `mode`: what a place that holds the term counts; with an edit `other` must stand after or before it. */
function find(
  names: usize,
  length: i32,
  term: usize,
  termLength: i32,
  classes: usize,
  mode: i32,
  other: usize,
  otherLength: i32,
): i32 {
  const shift: usize = load<u8>(term) == 0 ? 1 : 0;
  // Two rare bytes of the term are compared for 16 places at once.
  const oneAt = rarest(term, termLength, -1);
  const otherAt = rarest(term, termLength, oneAt);
  const one = i8x16.splat(load<i8>(term + <usize>oneAt));
  const two = i8x16.splat(load<i8>(term + <usize>otherAt));
  const zero = i8x16.splat(0);
  const isFirstWord = isWord(load<u8>(term + shift));
  const isLastWord = isWord(load<u8>(term + <usize>termLength - 1));
  const end = names + <usize>length;
  let number: u32 = 0;
  let listed: usize = 0;
  for (let at = names; at < end; at += 64) {
    let ends: u64 = 0;
    let hits: u64 = 0;
    for (let part: usize = 0; part < 64; part += 16) {
      const from = at + part;
      const isOne = i8x16.eq(v128.load(from - shift + <usize>oneAt), one);
      const isTwo = i8x16.eq(v128.load(from - shift + <usize>otherAt), two);
      const found = <u32>i8x16.bitmask(v128.and(isOne, isTwo));
      hits |= (<u64>found) << (<u64>part);
      ends |= (<u64>i8x16.bitmask(i8x16.eq(v128.load(from), zero))) << (<u64>part);
    }
    const rest = end - at;
    if (rest < 64) {
      const inside = ((<u64>1) << (<u64>rest)) - 1;
      ends &= inside;
      hits &= inside;
    }
    if (mode >= wordStart && hits != 0) hits &= allowed(at, mode, termLength, other, otherLength);
    // Listed first, the second without asking whether there is one: branches that follow no pattern cost more than the rest.
    if (hits != 0) {
      let place = hitList + (listed << 3);
      listed += <usize>popcnt(hits);
      note(place, at - shift, hits, number, ends);
      hits &= hits - 1;
      note(place + 8, at - shift, hits, number, ends);
      for (hits &= hits - 1; hits != 0; hits &= hits - 1) {
        note(place + 16, at - shift, hits, number, ends);
        place += 8;
      }
    }
    number += <u32>popcnt(ends);
    if (listed < mostListed && at + 64 < end) continue;
    for (let hit: usize = 0; hit < listed; hit++) {
      const start = <usize>load<u32>(hitList + (hit << 3));
      const own = classes + <usize>load<u32>(hitList + (hit << 3) + 4);
      if (termLength > 2 && !isSame(start, term, termLength)) continue;
      let found: u8 = oneEdit;
      if (mode == oneWord) {
        const begins = <u8>(load<u8>(start + shift - 1) == 0);
        found = 4 - (begins << 1) - ((begins & (<u8>(load<u8>(start + <usize>termLength) == 0))) << 1);
      } else if (mode <= wordStart)
        found = classOf(start + shift, start + <usize>termLength, isFirstWord, isLastWord, mode == anyFile);
      else if (mode == editAfter && !isNear(start + <usize>termLength, other, otherLength, 1)) continue;
      else if (mode == editBefore && !isNear(start - 1, other + <usize>otherLength - 1, otherLength, -1)) continue;
      store<u8>(own, min<u8>(found, load<u8>(own)));
    }
    listed = 0;
  }
  return number;
}

/** Of 64 places, those that may count by what stands before or after. */
function allowed(at: usize, mode: i32, termLength: i32, other: usize, otherLength: i32): u64 {
  if (mode == oneWord || mode == swapped || (mode != wordStart && otherLength == 1)) return -1;
  let all: u64 = 0;
  for (let part: usize = 0; part < 64; part += 16) {
    const from = at + part;
    let some: u32 = 0;
    if (mode == wordStart) some = ~wordBytes(v128.load(from - 1)) & 0xffff;
    else if (mode == editAfter) some = nearBytes(from + <usize>termLength, 1, other, 1);
    else some = nearBytes(from - 1, -1, other + <usize>otherLength - 1, -1);
    all |= (<u64>some) << (<u64>part);
  }
  return all;
}

/** The first of `hits` (anything when there is none): where it is, and in which name. */
function note(place: usize, base: usize, hits: u64, number: u32, ends: u64): void {
  const bit = ctz(hits);
  store<u32>(place, <u32>(base + <usize>bit));
  store<u32>(place, number + <u32>popcnt(ends & (((<u64>1) << bit) - 1)), 4);
}

/** Bits of the bytes that belong to words. */
function wordBytes(block: v128): u32 {
  const isDigit = i8x16.lt_u(i8x16.sub(block, i8x16.splat(48)), i8x16.splat(10));
  const isLetter = i8x16.lt_u(i8x16.sub(block, i8x16.splat(97)), i8x16.splat(26));
  return <u32>i8x16.bitmask(v128.or(v128.or(isDigit, isLetter), block));
}

/** Bits of the places where, of the next two bytes, some is one of the term's next two, in place or beside it: at least that leaves one edit. */
function nearBytes(text: usize, step: isize, term: usize, termStep: isize): u32 {
  const one = v128.load(text);
  const two = v128.load(text + <usize>step);
  const first = i8x16.splat(load<i8>(term));
  const second = i8x16.splat(load<i8>(term + <usize>termStep));
  const inPlace = v128.or(i8x16.eq(one, first), i8x16.eq(two, second));
  const beside = v128.or(i8x16.eq(one, second), i8x16.eq(two, first));
  return <u32>i8x16.bitmask(v128.or(inPlace, beside));
}

/** Whether `text` goes on with `length` bytes of `term`, at most one edit between them; both in steps of `step`, 1 or -1. */
function isNear(text: usize, term: usize, length: i32, step: isize): bool {
  let at = 0;
  let one = text;
  let other = term;
  while (at < length && load<u8>(one) == load<u8>(other)) {
    at++;
    one += <usize>step;
    other += <usize>step;
  }
  if (at >= length - 1) return true; // all but the last: it is another one, or missing
  const byte = load<u8>(one);
  const next = one + <usize>step;
  const rest = length - at;
  if (isRun(one, other + <usize>step, rest - 1, step)) return true;
  if (!isWord(byte)) return false;
  if (isRun(next, other + <usize>step, rest - 1, step) || isRun(next, other, rest, step)) return true;
  return (
    byte == load<u8>(other + <usize>step) &&
    load<u8>(next) == load<u8>(other) &&
    isRun(next + <usize>step, other + <usize>(step + step), rest - 2, step)
  );
}

function isRun(text: usize, term: usize, length: i32, step: isize): bool {
  let one = text;
  let other = term;
  for (let at = 0; at < length; at++) {
    if (load<u8>(one) != load<u8>(other)) return false;
    one += <usize>step;
    other += <usize>step;
  }
  return true;
}

/** Lowers the classes of those names whose byte in `some` is not absent, and that have the term's bytes in this order, whatever is between. */
export function scanInOrder(names: usize, length: i32, term: usize, termLength: i32, classes: usize, some: usize): void {
  const zero = i8x16.splat(0);
  const end = names + <usize>length;
  let number: usize = 0;
  let start = names;
  for (let at = names; at < end; at += 16) {
    let ends = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), zero));
    const rest = end - at;
    if (rest < 16) ends &= (1 << (<u32>rest)) - 1;
    while (ends != 0) {
      const next = at + <usize>ctz(ends);
      ends &= ends - 1;
      if (load<u8>(some + number) != absent && load<u8>(classes + number) > inOrder && hasInOrder(start, next, term, termLength))
        store<u8>(classes + number, inOrder);
      number++;
      start = next + 1;
    }
  }
}

function hasInOrder(name: usize, end: usize, term: usize, termLength: i32): bool {
  let met = 0;
  for (let at = name; at < end && met < termLength; at++) if (load<u8>(at) == load<u8>(term + <usize>met)) met++;
  return met == termLength;
}

/** Strikes out of `some` the files that have no score, and those that have a class already. */
export function restrict(some: usize, scores: usize, classes: usize, count: i32): void {
  const none = i8x16.splat(-1);
  for (let at: usize = 0; at < <usize>count; at += 16) {
    const isOut = v128.or(i8x16.eq(v128.load(scores + at), none), v128.not(i8x16.eq(v128.load(classes + at), none)));
    v128.store(some + at, v128.or(v128.load(some + at), isOut));
  }
}

/** How many scores are below `limit`. */
export function below(scores: usize, count: i32, limit: i32): i32 {
  const most = i8x16.splat(<i8>(limit - 1));
  let total = 0;
  for (let at = 0; at < count; at += 16) {
    const block = v128.load(scores + <usize>at);
    let hits = <u32>i8x16.bitmask(i8x16.eq(v128.min<u8>(block, most), block));
    const rest = count - at;
    if (rest < 16) {
      const inside = (1 << rest) - 1;
      hits &= <u32>inside;
    }
    total += popcnt(hits);
  }
  return total;
}

function isWord(byte: u8): bool {
  return load<u8>(wordTable + <usize>byte) != 0;
}

/** Place of the rarest byte but `not`; that one when there is no other. */
function rarest(term: usize, termLength: i32, not: i32): i32 {
  let best = max(not, 0);
  let most = -1;
  for (let at = 0; at < termLength; at++) {
    const rarity = <i32>load<u8>(rarityTable + <usize>load<u8>(term + <usize>at));
    if (at == not || rarity <= most) continue;
    most = rarity;
    best = at;
  }
  return best;
}

function isSame(one: usize, other: usize, count: i32): bool {
  for (let at: usize = 0; at < <usize>count; at++) if (load<u8>(one + at) != load<u8>(other + at)) return false;
  return true;
}

/** Without branches where it can: hits are many and follow no pattern. */
function classOf(start: usize, end: usize, isFirstWord: bool, isLastWord: bool, isFile: bool): u8 {
  const before = load<u8>(start - 1);
  const after = load<u8>(end);
  const begins = <u32>(before == 0);
  const ends = <u32>(after == 0);
  if (begins & (ends | ((<u32>(after == 46)) & (<u32>isFile))) && (after == 0 || isLastDot(end))) return 0;
  const isStart = begins | (<u32>!isFirstWord) | ((<u32>load<u8>(wordTable + <usize>before)) ^ 1);
  const isEnd = ends | (<u32>!isLastWord) | ((<u32>load<u8>(wordTable + <usize>after)) ^ 1);
  // By isStart, isEnd, begins: inside 4, a word begins 3, the name begins 2, a whole word 1.
  const shift = (isStart << 4) | (isEnd << 3) | (begins << 2);
  return <u8>((0x11234444 >> shift) & 15);
}

function isLastDot(dot: usize): bool {
  let at = dot + 1;
  while (load<u8>(at) != 0 && load<u8>(at) != 46) at++;
  return load<u8>(at) == 0;
}

/** Writes the numbers (u32) of those of `count` names whose class is at most `most` to `list`. Returns how many. */
export function list(classesAt: usize, count: i32, most: i32, listAt: usize): i32 {
  const limit = i8x16.splat(<i8>most);
  let total = 0;
  for (let at = 0; at < count; at += 16) {
    const block = v128.load(classesAt + <usize>at);
    let hits = <u32>i8x16.bitmask(i8x16.eq(v128.min<u8>(block, limit), block));
    const rest = count - at;
    if (rest < 16) hits &= (1 << (<u32>rest)) - 1;
    while (hits != 0) {
      store<u32>(listAt + ((<usize>total) << 2), at + <i32>ctz(hits));
      hits &= hits - 1;
      total++;
    }
  }
  return total;
}

/** `spread` for each of `count` listed words: `starts` (u32) has where the occurrences of each word begin, and where its next one's. */
export function spreadAll(
  listAt: usize,
  count: i32,
  wordClasses: usize,
  starts: usize,
  occurrences: usize,
  classesAt: usize,
): void {
  for (let at = 0; at < count; at++) {
    const number = <usize>load<u32>(listAt + ((<usize>at) << 2));
    const from = load<u32>(starts + (number << 2));
    const to = load<u32>(starts + (number << 2) + 4);
    spread(occurrences + <usize>from, <i32>(to - from), <i32>load<u8>(wordClasses + number), classesAt);
  }
}

/**
 * Lowers the classes of the files that have a word, whose own class is `kind` (0 it is the term, 2 it begins so, 4 the term is inside, or more).
 * Its occurrences: uint (LEB128) of (file - file before) * 4 + 2 if the name begins with the word + 1 if it is the whole name.
 */
export function spread(occurrences: usize, length: i32, kind: i32, classesAt: usize): void {
  const end = occurrences + <usize>length;
  // By the flags of an occurrence: the class it gives.
  const kinds: u32 = kind == 0 ? 0x00010001 : kind == 2 ? 0x02020303 : <u32>kind * 0x01010101;
  let file: u32 = 0;
  for (let at = occurrences; at < end;) {
    let value = <u32>load<u8>(at++);
    if (value >= 128) {
      value &= 127;
      let shift: u32 = 7;
      let more: u32 = 128;
      while (more >= 128 && at < end && shift < 28) {
        more = load<u8>(at++);
        value |= (more & 127) << shift;
        shift += 7;
      }
    }
    file += value >> 2;
    const own = <u8>(kinds >> ((value & 3) << 3));
    const place = classesAt + <usize>(file & 0xffff);
    store<u8>(place, min<u8>(own, load<u8>(place)));
  }
}

/** A bit for each block of 2^`blockShift` files, set when the class of some is not absent. */
export function blocksFound(classesAt: usize, count: i32, blockShift: i32, bits: usize): void {
  const none = i8x16.splat(-1);
  memory.fill(bits, 0, <usize>(((count >> blockShift) >> 3) + 1));
  for (let at = 0; at < count; at += 16) {
    let hits = ~(<u32>i8x16.bitmask(i8x16.eq(v128.load(classesAt + <usize>at), none))) & 0xffff;
    const rest = count - at;
    if (rest < 16) {
      const inside = (1 << rest) - 1;
      hits &= <u32>inside;
    }
    if (hits == 0) continue;
    const block = at >> blockShift;
    const place = bits + <usize>(block >> 3);
    store<u8>(place, <u8>((<u32>load<u8>(place)) | (1 << ((<u32>block) & 7))));
  }
}

/** Class 4 for each file whose letters (u32) have all of `bits`, absent for the others. */
export function letterClasses(letters: usize, count: i32, bits: u32, classesAt: usize): void {
  const wantedBits = i32x4.splat(<i32>bits);
  const four = i8x16.splat(4);
  for (let at: usize = 0; at < <usize>count; at += 16) {
    const from = letters + (at << 2);
    const one = i32x4.eq(v128.and(v128.load(from), wantedBits), wantedBits);
    const two = i32x4.eq(v128.and(v128.load(from + 16), wantedBits), wantedBits);
    const three = i32x4.eq(v128.and(v128.load(from + 32), wantedBits), wantedBits);
    const last = i32x4.eq(v128.and(v128.load(from + 48), wantedBits), wantedBits);
    const low = i16x8.narrow_i32x4_s(one, two);
    const high = i16x8.narrow_i32x4_s(three, last);
    const has = i8x16.narrow_i16x8_s(low, high);
    v128.store(classesAt + at, v128.or(v128.and(has, four), v128.not(has)));
  }
}

// ---- Folders

/** What a query asks of every entry: bits of `positive` and `negative` terms, which classes lie at `classes + term * stride`. */
let classes: usize = 0;
let stride: usize = 0;
let termCount: i32 = 0;
let positive: u32 = 0;
let negative: u32 = 0;
let inPath: u8 = 5;
/** u16 for each folder of the share: terms that its path (itself included) has. */
let masks: usize = 0;
/** u32, one more than folders: number of the folder's first file. */
let firstFiles: usize = 0;
/** u16 for each folder: bytes of its path. */
let pathLengths: usize = 0;

export function ask(
  classesAt: usize,
  strideBytes: usize,
  terms: i32,
  positiveBits: u32,
  negativeBits: u32,
  pathClass: i32,
): void {
  inPath = <u8>pathClass;
  classes = classesAt;
  stride = strideBytes;
  termCount = terms;
  positive = positiveBits;
  negative = negativeBits;
}

export function share(masksAt: usize, firstFilesAt: usize, pathLengthsAt: usize): void {
  masks = masksAt;
  firstFiles = firstFilesAt;
  pathLengths = pathLengthsAt;
}

/**
 * Folders [first, first + count), whose classes are scanned: completes their masks. `scores[i]` becomes the folder's own score as an
 * entry, 255 = no match. `parents` is of the first. `opened` (u16 each, may be 0): terms that hold below a folder though not for itself.
 */
export function folders(first: i32, count: i32, parents: usize, opened: usize, scores: usize): void {
  if (termCount == 1 && positive == 1 && opened == 0) return foldersOfOne(first, count, parents, scores);
  for (let at = 0; at < count; at++) {
    const number = first + at;
    let above: u32 = 0;
    if (number > 0) above = load<u16>(masks + ((<usize>load<u32>(parents + ((<usize>at) << 2))) << 1));
    let own: u32 = 0;
    let handedOn: u32 = 0;
    let score: u32 = 0;
    for (let term = 0; term < termCount; term++) {
      const found = load<u8>(classes + <usize>term * stride + <usize>at);
      const bit: u32 = 1 << term;
      if (found != absent) own |= bit;
      if (found < inOrder) handedOn |= bit;
      if (positive & bit) score += min<u32>(found, above & bit ? inPath : absent);
    }
    const all = above | own;
    store<u8>(
      scores + <usize>at,
      (all & negative) != 0 || (all & positive) != positive || number == 0 ? absent : <u8>min<u32>(score, absent),
    );
    handedOn |= above;
    if (opened != 0) handedOn |= load<u16>(opened + ((<usize>number) << 1));
    store<u16>(masks + ((<usize>number) << 1), <u16>handedOn);
  }
}

/** The same for what is asked most: one term. */
function foldersOfOne(first: i32, count: i32, parents: usize, scores: usize): void {
  const inAll = <u32>inPath;
  for (let at = 0; at < count; at++) {
    const above = (<u32>load<u16>(masks + ((<usize>load<u32>(parents + ((<usize>at) << 2))) << 1))) & (<u32>(first + at > 0));
    const found = <u32>load<u8>(classes + <usize>at);
    store<u8>(scores + <usize>at, <u8>min<u32>(found, inAll | (above - 1)));
    store<u16>(masks + ((<usize>(first + at)) << 1), <u16>(above | (<u32>(found < inOrder))));
  }
  if (first == 0) store<u8>(scores, absent);
}

/** For each run of 2^`runShift` files: the terms that the path of some folder in it has, u16 each. */
export function runPaths(folderCount: i32, runShift: i32, some: usize, runCount: i32): void {
  memory.fill(some, 0, (<usize>runCount) << 1);
  for (let number = 0; number < folderCount; number++) {
    const mask = load<u16>(masks + ((<usize>number) << 1));
    if (mask == 0) continue;
    const from = load<u32>(firstFiles + ((<usize>number) << 2));
    const to = load<u32>(firstFiles + ((<usize>number) << 2) + 4);
    if (from == to) continue;
    const lastRun = (to - 1) >> runShift;
    for (let run = from >> runShift; run <= lastRun; run++) {
      const at = some + ((<usize>run) << 1);
      store<u16>(at, load<u16>(at) | mask);
    }
  }
}

// ---- Files

/**
 * Scores of files [first, first + count), whose classes are scanned: `scores[i]`, 255 = no match. `folder` is the folder of the first.
 * `paths`: room for `count` bytes a term. `ready` (u16 for each folder, may be 0) and `anchored` (terms): those count only in ready folders.
 */
export function combine(first: u32, count: i32, folder: i32, paths: usize, scores: usize, ready: usize, anchored: u32): void {
  memory.fill(paths, absent, <usize>termCount * stride);
  const end = first + <u32>count;
  let number = folder;
  for (let from = first; from < end; number++) {
    const until = min<u32>(load<u32>(firstFiles + ((<usize>number) << 2) + 4), end);
    if (until <= from) continue;
    const at = <usize>(from - first);
    let mask = <u32>load<u16>(masks + ((<usize>number) << 1));
    while (mask != 0) {
      const term = ctz(mask);
      mask &= mask - 1;
      memory.fill(paths + <usize>term * stride + at, inPath, <usize>(until - from));
    }
    if (anchored != 0) {
      let closed = anchored & ~(<u32>load<u16>(ready + ((<usize>number) << 1)));
      while (closed != 0) {
        const term = ctz(closed);
        closed &= closed - 1;
        memory.fill(classes + <usize>term * stride + at, absent, <usize>(until - from));
      }
    }
    from = until;
  }
  const none = i8x16.splat(-1);
  for (let at: usize = 0; at < <usize>count; at += 16) {
    let score = i8x16.splat(0);
    for (let term = 0; term < termCount; term++) {
      const offset = <usize>term * stride + at;
      const found = v128.min<u8>(v128.load(classes + offset), v128.load(paths + offset));
      if (positive & (1 << term)) score = v128.add_sat<u8>(score, found);
      else if (negative & (1 << term)) score = v128.or(score, v128.not(i8x16.eq(found, none)));
    }
    v128.store(scores + at, score);
  }
}

/** The smallest score, 255 when nothing matches. */
export function bestScore(scores: usize, count: i32): i32 {
  let best = i8x16.splat(-1);
  for (let at = 0; at < count; at += 16) {
    let block = v128.load(scores + <usize>at);
    const rest = count - at;
    if (rest < 16) {
      for (let tail = 0; tail < rest; tail++) {
        const score = load<u8>(scores + <usize>(at + tail));
        best = v128.min<u8>(best, i8x16.splat(<i8>score));
      }
    } else best = v128.min<u8>(best, block);
  }
  let result: i32 = 255;
  for (let lane = 0; lane < 16; lane++) {
    const score = <i32>(<u8>i8x16.extract_lane_u(best, 0));
    result = min(result, score);
    best = i8x16.shuffle(best, best, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
  }
  return result;
}

/** Strikes out matches whose number in `column` (u16) is not allowed by the table (a byte each). */
export function filterTable(scores: usize, count: i32, column: usize, table: usize): void {
  for (let at: usize = 0; at < <usize>count; at++)
    if (load<u8>(table + <usize>load<u16>(column + (at << 1))) == 0) store<u8>(scores + at, absent);
}

/** Strikes out matches whose number in `column` (u32) is not in [low, high]. */
export function filterTimes(scores: usize, count: i32, column: usize, low: u32, high: u32): void {
  for (let at: usize = 0; at < <usize>count; at++) {
    const time = load<u32>(column + (at << 2));
    if (time < low || time > high) store<u8>(scores + at, absent);
  }
}

/** No time is above `most` afterwards. */
export function clampTimes(count: i32, column: usize, most: u32): void {
  for (let at: usize = 0; at < <usize>count; at++) if (load<u32>(column + (at << 2)) > most) store<u32>(column + (at << 2), most);
}

/** The same for doubles. */
export function filterSizes(scores: usize, count: i32, column: usize, low: f64, high: f64): void {
  for (let at: usize = 0; at < <usize>count; at++) {
    const size = load<f64>(column + (at << 3));
    if (!(size >= low && size <= high)) store<u8>(scores + at, absent);
  }
}

/** Whether some match may be among the best, by its score and time. */
export function mayOffer(scores: usize, count: i32, times: usize): bool {
  for (let at = 0; at < count; at += 16) {
    let hits = promising(scores, at, count);
    while (hits != 0) {
      const index = at + <i32>ctz(hits);
      hits &= hits - 1;
      const score = <u32>load<u8>(scores + <usize>index);
      if (keyOf(score, load<u32>(times + ((<usize>index) << 2)), 0) < threshold) return true;
    }
  }
  return false;
}

/** Bits of the 16 scores from `at` on that are not above those of the worst that is kept. */
function promising(scores: usize, at: i32, count: i32): u32 {
  const most = threshold == Infinity ? 254 : min<i32>(254, <i32>(threshold / 35184372088832.0));
  const block = v128.load(scores + <usize>at);
  const hits = <u32>i8x16.bitmask(i8x16.eq(v128.min<u8>(block, i8x16.splat(<i8>most)), block));
  const rest = count - at;
  if (rest >= 16) return hits;
  const inside = (1 << rest) - 1;
  return hits & (<u32>inside);
}

/** Offers the matches among files [first, first + count). `order` is that of the first. */
export function offerFiles(scores: usize, first: u32, count: i32, folder: i32, times: usize, lengths: usize, order: f64): void {
  let number = folder;
  for (let at = 0; at < count; at += 16) {
    const most = threshold == Infinity ? 254 : <i32>(threshold / 35184372088832.0);
    const block = v128.load(scores + <usize>at);
    let hits = <u32>i8x16.bitmask(i8x16.eq(v128.min<u8>(block, i8x16.splat(<i8>min(most, 254))), block));
    const rest = count - at;
    if (rest < 16) hits &= (1 << (<u32>rest)) - 1;
    while (hits != 0) {
      const index = at + <i32>ctz(hits);
      hits &= hits - 1;
      const score = <u32>load<u8>(scores + <usize>index);
      const time = load<u32>(times + ((<usize>index) << 2));
      if (keyOf(score, time, 0) >= threshold) continue;
      const file = first + <u32>index;
      while (load<u32>(firstFiles + ((<usize>number) << 2) + 4) <= file) number++;
      const above = <u32>load<u16>(pathLengths + ((<usize>number) << 1));
      const length = above + <u32>(above > 0) + <u32>load<u8>(lengths + <usize>index);
      offer(keyOf(score, time, length), order + <f64>index, number);
    }
  }
}

/** Offers the matches among folders [first, first + count). `order` is that of the first. */
export function offerFolders(scores: usize, first: i32, count: i32, times: usize, order: f64): void {
  for (let at = 0; at < count; at++) {
    const score = <u32>load<u8>(scores + <usize>at);
    if (score == absent) continue;
    const length = <u32>load<u16>(pathLengths + ((<usize>(first + at)) << 1));
    offer(keyOf(score, load<u32>(times + ((<usize>at) << 2)), length), order + <f64>at, first + at);
  }
}
