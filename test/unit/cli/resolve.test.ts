import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadId } from '../../../src/protocol/ids.ts';
import { catalogShare, createCli, download, downloadId, ownId, peer, peerId, shareId } from './world.ts';

const ann = peerId('annaann');
const bob = peerId('bobbob');
const eve = peerId('eeeeee');
const photos = shareId('photo');
const empty = () => ({ entries: [], total: 0 });

/** What `ls TEXT` asked to list: [peer, share, path], or the error. */
async function lookups(
  t: Parameters<typeof createCli>[0],
  peers: ReturnType<typeof peer>[],
  titles: [ReturnType<typeof shareId>, string][],
): Promise<(text: string) => Promise<string[] | string>> {
  const cli = await createCli(t, {
    'peers/list': () => peers,
    'catalog/shares': (fields) =>
      titles.map(([id, title]) =>
        catalogShare(peers.find((each) => each.peerId === fields['peerId'])?.peerId ?? ownId, id, title),
      ),
    'catalog/stat': () => ({ name: 'x', kind: 'folder', sizeBytes: 0, mtimeMs: 0 }),
    'catalog/list': empty,
  });
  return async (text) => {
    cli.calls.length = 0;
    const run = await cli.run(['ls', '--', text]);
    if (run.code !== 0) return `${run.code} ${run.errors}`;
    const asked = cli.calls.find(([method]) => method === 'catalog/list')?.[1] as
      { entry: { peerId: string; shareId: string; path: string } } | undefined;
    return asked ? [asked.entry.peerId, asked.entry.shareId, asked.entry.path] : 'no listing';
  };
}

test('a peer goes by id, beginning of an id, petname, nickname or derived name, in any case', async (t) => {
  const look = await lookups(
    t,
    [peer(ann, { nickname: 'Anna', petname: 'Mum', derivedName: 'brave-otter' }), peer(bob, { nickname: 'Bob Ü' })],
    [[photos, 'Photos']],
  );
  for (const name of [ann, 'anna', 'annaa', 'Mum', 'MUM', 'Anna', 'ANNA', 'brave-otter'])
    assert.deepEqual(await look(`${name}/Photos/a b/c`), [ann, photos, 'a b/c'], name);
  assert.deepEqual(await look('bob Ü'.normalize('NFD') + '/photos/'), [bob, photos, '']);
  assert.deepEqual(await look(`me/${photos}/x`), [ownId, photos, 'x']);
  assert.deepEqual(await look('me/phot'), [ownId, photos, '']);
  assert.match(String(await look('ann/Photos')), /^3 .*no peer "ann"/, 'three characters of an id are too few');
  assert.match(String(await look('Mum/Nope')), /^3 .*no share "Nope".*potluck ls Mum/);
});

test('a URI as the editor copies it names the same place', async (t) => {
  const look = await lookups(t, [], [[photos, 'Photos']]);
  assert.deepEqual(await look(`potluck://${ann}/${photos}/a%20b/%C3%BC`), [ann, photos, 'a b/ü']);
  for (const wrong of ['potluck://nobody/x', `potluck://${ann}/notashare/x`, `potluck://${ann}/${photos}/%ff`])
    assert.match(String(await look(wrong)), /^2 /, wrong);
});

test('nobody takes the place of a petname, and names that others contest must be told apart by the id', async (t) => {
  const look = await lookups(
    t,
    [peer(ann, { nickname: 'Ann', petname: 'Mum' }), peer(bob, { nickname: 'bob' }), peer(eve, { nickname: 'Mum' })],
    [[photos, 'Photos']],
  );
  assert.deepEqual(await look('mum/Photos'), [ann, photos, '']);
  const greedy = await lookups(
    t,
    [peer(bob, { nickname: 'bob' }), peer(eve, { nickname: 'bob/Photos' }), peer(ann, { nickname: 'Bob' })],
    [[photos, 'Photos']],
  );
  const refused = String(await greedy('bob/Photos/x'));
  assert.match(refused, /^2 .*may be any of these peers/);
  for (const id of [ann, bob, eve]) assert.ok(refused.includes(id), 'candidates are listed');
  assert.deepEqual(await greedy(`${bob}/Photos/x`), [bob, photos, 'x']);
  const impostor = await lookups(t, [peer(eve, { nickname: 'me' })], [[photos, 'Photos']]);
  assert.deepEqual(await impostor('me/Photos'), [ownId, photos, ''], '"me" is always this machine');
});

test('titles may hold slashes, the longest that fits wins, the same case before another', async (t) => {
  const [a, b, c, d] = [shareId('aaaaa'), shareId('bbbbb'), shareId('ccccc'), shareId('ddddd')];
  const look = await lookups(
    t,
    [],
    [
      [a, 'my'],
      [b, 'my/stuff'],
      [c, 'Docs'],
      [d, 'docs'],
    ],
  );
  assert.deepEqual(await look('me/my/stuff/x'), [ownId, b, 'x']);
  assert.deepEqual(await look('me/my/other'), [ownId, a, 'other']);
  assert.deepEqual(await look('me/docs/x'), [ownId, d, 'x']);
  assert.deepEqual(await look('me/Docs/x'), [ownId, c, 'x']);
  assert.match(String(await look('me/DOCS/x')), /^2 .*any of these shares/);
});

test('candidates with hostile names are shown safely', async (t) => {
  const look = await lookups(t, [peer(ann, { nickname: 'x\u001b[2J' }), peer(bob, { nickname: 'x\u001b[2J' })], []);
  const refused = String(await look('x\u001b[2J'));
  assert.match(refused, /^2 /);
  assert.doesNotMatch(refused, /\u001b/);
});

test('a download goes by id, its beginning, or its name', async (t) => {
  const [first, second] = [downloadId('firs1'), downloadId('second')];
  const cli = await createCli(t, {
    'downloads/list': () => [download(first), download(second, { name: 'dir/b c.txt' })],
    'downloads/cancel': ({ downloadId: id }) => download(id as DownloadId, { state: 'cancelled' }),
  });
  for (const [name, id] of [
    [first, first],
    ['firs', first],
    ['A.txt', first],
    ['dir/b c.txt', second],
  ] as const) {
    const run = await cli.run(['cancel', name, '--json']);
    assert.equal((JSON.parse(run.text) as { downloadId: string }[])[0]?.downloadId, id, name);
  }
  assert.equal((await cli.run(['cancel', 'dir'])).code, 3);
});
