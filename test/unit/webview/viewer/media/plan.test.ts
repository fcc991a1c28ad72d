import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../../bench/parts/report.ts';
import { boxesIn, need, type Box } from '../../../../../webview/viewer/media/boxes.ts';
import { pieceAt, planOf, viewOf, type MediaPlan } from '../../../../../webview/viewer/media/plan.ts';
import {
  type Asked,
  bareTrack,
  element,
  fileOf,
  film,
  joined,
  mp4,
  number,
  pictureBytes,
  soundBytes,
  text,
  webm,
} from './madeFiles.ts';

async function planned(bytes: Uint8Array, mime: string, asked: Asked[] = []): Promise<MediaPlan> {
  const plan = await planOf(fileOf(bytes, asked), mime);
  assert.ok(plan);
  return plan;
}

/** The samples of each track that a fragment holds. */
function samplesOf(fragment: Uint8Array): { time: number; samples: Uint8Array[]; isSync: boolean[] }[] {
  const [moof] = boxesIn(fragment, 0, fragment.length);
  assert.ok(moof);
  const view = viewOf(fragment);
  return boxesIn(fragment, moof.start, moof.end)
    .filter(({ type }) => type === 'traf')
    .map((traf: Box) => {
      const tfdt = need(fragment, traf, 'tfdt');
      const trun = need(fragment, traf, 'trun');
      let at = moof.offset + view.getUint32(trun.start + 8);
      const samples: Uint8Array[] = [];
      const isSync: boolean[] = [];
      for (let count = 0; count < view.getUint32(trun.start + 4); count++) {
        const size = view.getUint32(trun.start + 12 + count * 16 + 4);
        isSync.push(view.getUint32(trun.start + 12 + count * 16 + 8) === 0x02000000);
        samples.push(fragment.slice(at, at + size));
        at += size;
      }
      return { time: Number(view.getBigUint64(tfdt.start + 4)), samples, isSync };
    });
}

for (const isMovieFirst of [true, false]) {
  test(`a whole MP4 with its tables ${isMovieFirst ? 'first' : 'last'} comes as fragments with every sample, in order`, async () => {
    const bytes = mp4({ isMovieFirst });
    const asked: Asked[] = [];
    const plan = await planned(bytes, 'video/mp4', asked);
    assert.equal(plan.mime, 'video/mp4; codecs="vp09.00.10.08,opus"');
    assert.equal(plan.durationSeconds, film.seconds);
    assert.deepEqual(
      plan.pieces.map(({ seconds }) => seconds),
      [0, 3, 6, 9],
    );
    const init = boxesIn(plan.init, 0, plan.init.length)[0];
    assert.ok(init && need(plan.init, init, 'mvex'));
    assert.equal(viewOf(plan.init).getUint32(need(plan.init, init, 'trak', 'mdia', 'minf', 'stbl', 'stsz').start + 8), 0);
    const pictures: Uint8Array[] = [];
    const sounds: Uint8Array[] = [];
    for (const [index, { ranges, seconds }] of plan.pieces.entries()) {
      const parts = ranges.map(({ offset, length }) => bytes.slice(offset, offset + length));
      const [picture, sound] = samplesOf(plan.convert?.(index, parts) ?? new Uint8Array(0));
      assert.equal(picture?.time, seconds * film.fps * 100);
      assert.equal(sound?.time, seconds * 48_000);
      assert.equal(picture?.isSync[0], true);
      assert.equal(picture?.isSync[1], false);
      pictures.push(...(picture?.samples ?? []));
      sounds.push(...(sound?.samples ?? []));
    }
    assert.equal(pictures.length, film.seconds * film.fps);
    for (const [at, sample] of pictures.entries()) assert.deepEqual(sample, pictureBytes(at));
    assert.equal(sounds.length, film.seconds * film.soundsPerSecond);
    for (const [at, sample] of sounds.entries()) assert.deepEqual(sample, soundBytes(at));
    // What is played was not read for the plan.
    const movieBytes = bytes.length - pictures.concat(sounds).reduce((sum, { length }) => sum + length, 0);
    assert.ok(asked.reduce((sum, { length }) => sum + length, 0) <= movieBytes + 64);
  });
}

test('a WebM with cues is appended cluster by cluster, without them it has no plan', async () => {
  const { bytes, clusters } = webm(
    ['V_VP9', 'A_OPUS'].map(bareTrack),
    [5000, 70_000, 300].map((length) => new Uint8Array(length)),
    2000,
  );
  const plan = await planned(bytes, 'video/webm');
  assert.equal(plan.mime, 'video/webm; codecs="vp9,opus"');
  assert.equal(plan.durationSeconds, 6);
  assert.equal(plan.init.length, clusters[0]);
  assert.deepEqual(
    plan.pieces.map(({ seconds, ranges }) => [seconds, ranges[0]?.offset]),
    clusters.map((offset, at) => [at * 2, offset]),
  );
  const [last] = plan.pieces.at(-1)?.ranges ?? [];
  assert.equal(viewOf(bytes).getUint32((last?.offset ?? 0) + (last?.length ?? 0)), 0x1c53bb6b);
  assert.equal(pieceAt(plan.pieces, 3.9), 1);
  assert.equal(pieceAt(plan.pieces, 99), 2);
  assert.equal(
    await planOf(fileOf(webm([bareTrack('V_MPEG4/ISO/AVC')], [new Uint8Array(10)], 40).bytes), 'video/webm'),
    undefined,
  );
  const cueless = joined(element(0x1a45dfa3), element(0x18538067, element(0x1654ae6b), element(0x1f43b675, number(1))));
  assert.equal(await planOf(fileOf(cueless), 'video/webm'), undefined);
});

test('an MP3 is cut by its rate, after what a tag brings', async () => {
  // 128 kbit/s, 44.1 kHz: 417 bytes a frame.
  const frame = joined(Uint8Array.of(0xff, 0xfb, 0x90, 0x44), new Uint8Array(413));
  const tag = joined(text('ID3'), Uint8Array.of(3, 0, 0, 0, 0, 2, 0), new Uint8Array(256).fill(0xff));
  const bytes = joined(tag, ...Array.from({ length: 2000 }, () => frame));
  const plan = await planned(bytes, 'audio/mpeg');
  assert.equal(plan.isTimed, false);
  assert.ok(Math.abs(plan.durationSeconds - (2000 * 417) / 16_000) < 0.01);
  assert.deepEqual(plan.pieces[0]?.ranges[0]?.offset, tag.length);
  const sum = plan.pieces.reduce((total, { ranges }) => total + (ranges[0]?.length ?? 0), 0);
  assert.equal(sum, bytes.length - tag.length);
  assert.equal(await planOf(fileOf(new Uint8Array(4000)), 'audio/mpeg'), undefined);
});

test('a film that is cut off or changed anywhere has a plan or none, and fails in no other way', async () => {
  const seed = 5;
  const random = seededRandom(seed);
  const files: [string, Uint8Array][] = [
    ['video/mp4', mp4({ isMovieFirst: true })],
    ['video/webm', webm([bareTrack('V_VP8')], [new Uint8Array(400), new Uint8Array(500)], 2000).bytes],
  ];
  for (const [mime, bytes] of files) {
    const heads = Math.min(bytes.length, 4000);
    for (let length = 0; length < heads; length += 13) await planOf(fileOf(bytes.slice(0, length)), mime);
    for (let round = 0; round < 1500; round++) {
      const odd = bytes.slice();
      for (let count = 0; count < 3; count++) odd[Math.floor(random() * heads)] = Math.floor(random() * 256);
      const plan = await planOf(fileOf(odd), mime).catch((error: unknown) =>
        assert.fail(`seed ${seed}, ${mime}, ${round}: ${String(error)}`),
      );
      for (const [index, { ranges }] of (plan?.pieces ?? []).slice(0, 2).entries()) {
        const parts = ranges.map(({ offset, length }) => odd.slice(offset, offset + length));
        plan?.convert?.(index, parts);
      }
    }
  }
});

test('what is not read is told as it is', async () => {
  const failing = { sizeBytes: 100_000, read: () => Promise.reject(new Error('the owner is away')) };
  for (const mime of ['video/mp4', 'video/webm', 'audio/mpeg']) await assert.rejects(planOf(failing, mime), /away/);
  assert.equal(await planOf(failing, 'audio/wav'), undefined);
});

/** A small film whose first track's tables say something else: numbers at so many bytes after the name of a box. */
function lying(lies: Readonly<Record<string, Readonly<Record<number, number>>>>): Uint8Array {
  const bytes = Buffer.from(mp4({ isMovieFirst: true }));
  for (const [name, numbers] of Object.entries(lies)) {
    const at = bytes.indexOf(name, 0, 'latin1') + 4;
    for (const [after, number] of Object.entries(numbers)) bytes.writeUInt32BE(number, at + Number(after));
  }
  // Any picture can be begun with.
  bytes.write('free', bytes.indexOf('stss', 0, 'latin1'), 'latin1');
  return new Uint8Array(bytes);
}

test('a table of a few bytes that stands for millions of pieces makes no plan', async () => {
  const count = 4_000_000;
  const bytes = lying({ stsz: { 4: 1, 8: count }, stts: { 8: count, 12: 2 ** 31 }, stsc: { 12: count } });
  const startedMs = performance.now();
  assert.equal(await planOf(fileOf(bytes), 'video/mp4'), undefined);
  assert.ok(performance.now() - startedMs < 5000);
  const boxes = Buffer.alloc(200_000 * 8, Buffer.of(0, 0, 0, 8, 102, 114, 101, 101));
  assert.throws(() => boxesIn(boxes, 0, boxes.length), RangeError);
});

test('samples that lie over each other are not copied beyond what a piece may have', async () => {
  const size = 2 ** 24;
  const offset = Math.floor(mp4({ isMovieFirst: true }).length / 2);
  const places = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [8 + at * 4, offset]));
  const plan = await planOf(fileOf(lying({ stsz: { 4: size, 8: 10 }, stsc: { 12: 1 }, stco: places })), 'video/mp4');
  assert.ok(plan);
  const parts = plan.pieces[0]?.ranges.map(({ length }) => new Uint8Array(length)) ?? [];
  assert.throws(() => plan.convert?.(0, parts), RangeError);
});
