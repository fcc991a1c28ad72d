import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { DownloadInfo, DownloadMark, EntryRef, ShareInfo, ShareMark } from '../../../../src/protocol/model.ts';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { Place } from '../../../../src/extension/decorations/downloadPlaces.ts';
import { ExplorerMarks } from '../../../../src/extension/decorations/explorerMarks.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { Sidecar, type Connection } from '../../../../src/extension/sidecar.ts';
import { World } from '../../../../src/extension/world.ts';
import { download, downloadId, ownShare, peerId } from '../worlds.ts';

const whole = download(1, {
  kind: 'folder',
  entry: { ...download(1).entry, path: 'a' },
  destination: '/d/a',
  state: 'done',
  finishedAtMs: 1000,
});
const below = (path: string): EntryRef => ({ ...whole.entry, path });

/** A connection that answers from these, and marks that hear of it; no time passes but by `pass`. */
async function marking(t: TestContext, { shares = [], downloads = [] }: { shares?: ShareInfo[]; downloads?: DownloadInfo[] }) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answers = {
    shares,
    downloads,
    shareMarks: (paths: string[]): ShareMark[] | AppError => paths.map(() => ({ state: 'root' })),
    held: (entries: EntryRef[]): DownloadMark[] | AppError => entries.map(() => ({ state: 'none' })),
  };
  const asked: { paths: string[][]; entries: EntryRef[][] } = { paths: [], entries: [] };
  const answer = (method: string, params: { paths: string[]; entries: EntryRef[] }): unknown => {
    if (method === 'shares/list') return answers.shares;
    if (method === 'downloads/list') return answers.downloads;
    if (method === 'shares/marks') {
      asked.paths.push(params.paths);
      return answers.shareMarks(params.paths);
    }
    if (method !== 'downloads/marks') return [];
    asked.entries.push(params.entries);
    return answers.held(params.entries);
  };
  const listeners = new Map<string, ((params: never) => void)[]>();
  let closed: () => void = () => undefined;
  const connection = {
    peerId: peerId(1),
    sidecarPid: 1,
    request: (method: string, params: never) => {
      const said = answer(method, params);
      return said instanceof AppError ? Promise.reject(said) : Promise.resolve(said);
    },
    on: (method: string, listener: (params: never) => void) => {
      listeners.set(method, [...(listeners.get(method) ?? []), listener]);
      return { dispose: () => undefined };
    },
    onClose: (listener: () => void) => {
      closed = listener;
      return { dispose: () => undefined };
    },
    dispose: () => undefined,
  } as unknown as Connection;
  const tell = (method: string, params: unknown = {}): void => {
    for (const listener of listeners.get(method) ?? []) listener(params as never);
  };
  const sidecar = new Sidecar(() => {
    listeners.clear();
    return Promise.resolve(connection);
  });
  const world = new World(sidecar);
  const told: (readonly Place[] | undefined)[] = [];
  const marks = new ExplorerMarks(sidecar, world, (changed) => told.push(changed));
  t.after(() => {
    marks.dispose();
    world.dispose();
    sidecar.dispose();
  });
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    await turn();
  };
  /** Badges of rows that are drawn together. */
  const drawn = async (...places: Place[]): Promise<(string | undefined)[]> => {
    const found = places.map((place) => marks.of(place));
    await turn();
    await pass(limits.marksDelayMs);
    return (await Promise.all(found)).map((mark) => mark?.badge);
  };
  await world.load();
  told.length = 0;
  return { answers, asked, drawn, marks, pass, sidecar, tell, told, world, lose: () => closed() };
}

test('below a downloaded folder each file says what it is itself, here and at its owner', async (t) => {
  const { answers, asked, drawn, tell, told } = await marking(t, { downloads: [whole] });
  const states = new Map<string, DownloadMark>([
    ['a/same', { state: 'verified', localPath: '/d/a/same' }],
    ['a/changed', { state: 'stale', localPath: '/d/a/changed' }],
    ['a/beside', { state: 'verified', localPath: '/d/a/beside (2)' }],
  ]);
  answers.held = (entries) => entries.map(({ path }) => states.get(path) ?? { state: 'none' });
  const paths = ['same', 'changed', 'added', 'sub'];
  assert.deepEqual(await drawn(...paths.map((name) => below(`a/${name}`))), ['✓', '↻', undefined, undefined]);
  assert.deepEqual(await drawn(...paths.map((name) => `/d/a/${name}`)), ['✓', '↻', undefined, undefined]);
  assert.deepEqual(await drawn('/d/a', whole.entry), ['✓', '✓']);
  assert.equal(asked.entries.length, 1, 'once for both places');
  assert.deepEqual(
    await drawn('/d/a/beside', '/d/elsewhere', below('b')),
    [undefined, undefined, undefined],
    'not what lay there',
  );
  states.set('a/same', { state: 'stale', localPath: '/d/a/same' });
  tell('catalog/changed', { peerId: whole.entry.peerId, shareId: whole.entry.shareId });
  assert.ok(
    told.at(-1)?.includes('/d/a/same') && told.at(-1)?.some((place) => typeof place !== 'string' && place.path === 'a/same'),
  );
  assert.deepEqual(await drawn(below('a/same')), ['↻']);
});

test('a file that is saved is looked at again', async (t) => {
  const single = download(1, { state: 'done', destination: '/d/one', finishedAtMs: 1 });
  const { answers, drawn, marks, told } = await marking(t, { downloads: [single] });
  answers.held = (entries) => entries.map(() => ({ state: 'verified', localPath: '/d/one' }));
  assert.deepEqual(await drawn('/d/one', single.entry), ['✓', '✓']);
  answers.held = (entries) => entries.map(() => ({ state: 'none' }));
  marks.changedHere('/d/one');
  marks.changedHere('/d/another');
  assert.deepEqual(told, [[single.entry, '/d/one']]);
  assert.deepEqual(await drawn('/d/one'), [undefined]);
});

test('what ends is told with both its places, and never more than VS Code takes', async (t) => {
  const queue = Array.from({ length: 126 }, (_, at): DownloadInfo => {
    const id = `${String(at).padStart(3, 'y')}${downloadId(1).slice(3)}` as DownloadInfo['downloadId'];
    return download(1, { downloadId: id, entry: below(`f${at}`), destination: `/d/f${at}`, state: 'queued' });
  });
  const { drawn, pass, tell, told } = await marking(t, { downloads: queue });
  const [first] = queue;
  assert.ok(first);
  assert.deepEqual(await drawn(first.entry, '/d/f0'), ['↓', '↓']);
  tell('downloads/changed', { download: { ...first, state: 'running' } });
  await pass(limits.redrawMs);
  assert.deepEqual(told, [], 'it still comes');
  tell('downloads/changed', { download: { ...first, state: 'done' } });
  await pass(limits.redrawMs);
  assert.deepEqual(told, [[first.entry, '/d/f0']]);
  for (const each of queue) tell('downloads/changed', { download: { ...each, state: 'failed' } });
  await pass(limits.redrawMs);
  assert.equal(told.at(-1), undefined);
});

test('a file of one’s own bears no mark of a download that would have had its name', async (t) => {
  const wished = download(1, { state: 'queued', destination: '/d/report.txt', isDestinationOpen: true });
  const { answers, drawn, pass, tell, told } = await marking(t, { downloads: [wished] });
  answers.held = (entries) => entries.map(() => ({ state: 'verified', localPath: '/d/report (1).txt' }));
  assert.deepEqual(await drawn(wished.entry, '/d/report.txt'), ['↓', undefined]);
  const { isDestinationOpen: _wish, ...claimed } = wished;
  tell('downloads/changed', { download: { ...claimed, state: 'done', destination: '/d/report (1).txt' } });
  await pass(limits.redrawMs);
  assert.deepEqual(told, [[wished.entry, '/d/report (1).txt']]);
  assert.deepEqual(await drawn(wished.entry, '/d/report.txt', '/d/report (1).txt'), ['✓', undefined, '✓']);
  tell('downloads/removed', { downloadId: wished.downloadId });
  await pass(limits.redrawMs);
  assert.deepEqual(told.at(-1), [wished.entry, '/d/report (1).txt']);
  assert.deepEqual(await drawn(wished.entry, '/d/report (1).txt'), [undefined, undefined]);
});

test('a name below a downloaded folder that no path can bear is not asked about', async (t) => {
  const { answers, asked, drawn } = await marking(t, { downloads: [whole] });
  answers.held = (entries) => entries.map(({ path }) => ({ state: 'verified', localPath: path.replace('a/', '/d/a/') }));
  const odd = ['nul', 'a:notes', 'aux/b', `${'x/'.repeat(70)}y`];
  assert.deepEqual(await drawn('/d/a/fine', ...odd.map((name) => `/d/a/${name}`)), [
    '✓',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(asked.entries, [[below('a/fine')]]);
});

test('while the sidecar is away nothing is marked; when it is back all is asked again', async (t) => {
  const share = ownShare(1, { path: '/s' });
  const { asked, drawn, lose, pass, sidecar, told } = await marking(t, { shares: [share] });
  assert.deepEqual(await drawn('/s'), ['P']);
  lose();
  assert.deepEqual(told, [undefined]);
  assert.deepEqual(await drawn('/s'), [undefined]);
  await pass(limits.reconnectMs);
  assert.equal(sidecar.state, 'running');
  assert.deepEqual(told, [undefined, undefined]);
  assert.deepEqual(await drawn('/s'), ['P']);
  assert.equal(asked.paths.length, 2);
});

test('what could not be answered is asked again; what makes no sense is not', async (t) => {
  const { answers, asked, drawn, pass, told } = await marking(t, { shares: [ownShare(1, { path: '/s' })] });
  answers.shareMarks = () => new AppError('unavailable', 'too late');
  assert.deepEqual(await drawn('/s/a'), [undefined]);
  assert.deepEqual(told, [['/s/a']]);
  assert.deepEqual(await drawn('/s/a'), [undefined]);
  assert.equal(told.length, 1, 'not at once');
  await pass(limits.marksRedrawMs);
  assert.deepEqual(told, [['/s/a'], ['/s/a']]);
  answers.shareMarks = () => new AppError('invalid-argument', 'no path');
  assert.deepEqual(await drawn('/s/a'), [undefined]);
  await pass(2 * limits.marksRedrawMs);
  assert.equal(told.length, 2);
  assert.equal(asked.paths.length, 3);
});

test('a share that is worked in has its marks asked for again now and then; another folder shared, at once', async (t) => {
  const share = ownShare(1, { path: '/s' });
  const { answers, asked, drawn, pass, tell, told } = await marking(t, { shares: [share] });
  await drawn('/s/a');
  for (let round = 0; round < 10; round++) {
    tell('shares/changed', { shareId: share.shareId });
    await pass(limits.redrawMs);
  }
  assert.deepEqual(told, [['/s/a']], 'an edited rule leaves counts as they are');
  await drawn('/s/a');
  await pass(limits.marksRedrawMs);
  assert.deepEqual(told, [['/s/a'], ['/s/a']]);
  assert.equal(asked.paths.length, 2);
  answers.shares = [share, ownShare(2, { path: '/other' })];
  tell('shares/changed', { shareId: share.shareId });
  await pass(limits.redrawMs);
  assert.deepEqual(told.at(-1), undefined);
  assert.deepEqual(await drawn('/other'), ['P']);
});
