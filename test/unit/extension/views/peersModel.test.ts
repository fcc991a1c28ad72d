import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partyChildren } from '../../../../src/extension/views/partyRow.ts';
import {
  blockedChildren,
  entryNodes,
  peerChildren,
  rootNodes,
  rowOf,
  shareNote,
  type PeersNode,
} from '../../../../src/extension/views/peersModel.ts';
import { accessRequest, catalogShare, file, folder, party, partyId, peer, peerId, shareId } from '../worlds.ts';

const now = 1_700_000_000_000;
const root = { peerId: peerId(1), shareId: shareId(1), path: '' };
const peerNode = { kind: 'peer', id: 'peer/1', peerId: peerId(1) } as const;
const shareNode = { kind: 'share', id: 'peer/1/share/1', parent: peerNode, share: catalogShare(1), entry: root } as const;

test('Everybody and parties come first, then peers known by key, then strangers; who only came by is left out', () => {
  const world = {
    parties: [party(1)],
    peers: [
      peer(1, { isStranger: true }),
      peer(2, { isAddedByKey: true }),
      peer(3, { partyIds: [partyId(1)] }),
      peer(4, { partyIds: [partyId(9)], shareCount: 1 }),
      peer(5, { isOnline: false }),
    ],
  };
  assert.deepEqual(
    rootNodes(world).map(({ id }) => id),
    ['everybody', 'recent', `party/${partyId(1)}`, `peer/${peerId(2)}`, `peer/${peerId(4)}`, `peer/${peerId(1)}`],
  );
});

test('who asks to be let in stands above all, once; who is blocked below all, and nowhere else', () => {
  const world = {
    parties: [party(1)],
    peers: [
      peer(1, { isStranger: true }),
      peer(2, { isBlocked: true, isAddedByKey: true }),
      peer(3, { isBlocked: true, partyIds: [partyId(1)], shareCount: 1, isOnline: false }),
    ],
    members: new Map(),
    requests: [accessRequest(1, { name: 'Ada', text: 'It is\u202e me' })],
  };
  const roots = rootNodes(world);
  assert.deepEqual(
    roots.map(({ id }) => id),
    [`request/${peerId(1)}`, 'everybody', 'recent', `party/${partyId(1)}`, 'blocked'],
  );
  const [request] = roots;
  assert.ok(request);
  const row = rowOf(request, world, now);
  assert.equal(row?.label, 'Ada (Brave Otter)');
  assert.equal(row?.description, 'asks to be let in · “It is⟨202E⟩ me”');
  assert.equal(row?.context, 'request.online');
  const party1 = roots.find((node) => node.kind === 'party');
  assert.ok(party1?.kind === 'party');
  assert.ok(partyChildren(world, party1).every(({ kind }) => kind === 'note'));
  const blocked = roots.at(-1);
  assert.ok(blocked?.kind === 'blocked');
  const rows = blockedChildren(world, blocked).map((node) => rowOf(node, world, now));
  assert.deepEqual(
    rows.map((child) => child?.context.split('.').slice(0, 2).join('.')),
    ['peer.blocked', 'peer.blocked'],
  );
});

test('a peer that the user disconnected says so', () => {
  const away = peer(1, { isDisconnected: true, isOnline: false, isAddedByKey: true });
  assert.equal(rowOf(peerNode, { parties: [], peers: [away] }, now)?.description, 'disconnected by you');
});

test('a peer of two parties stands in both, under ids of its own', () => {
  const world = { parties: [party(1), party(2)], peers: [peer(1, { partyIds: [partyId(1), partyId(2)] })] };
  const ids = rootNodes(world)
    .flatMap((node) => (node.kind === 'party' ? partyChildren(world, node) : []))
    .map(({ id }) => id);
  assert.equal(new Set(ids).size, 2);
});

test('a party without others says what to do', () => {
  const world = { parties: [party(1)], peers: [] };
  const [node] = rootNodes(world);
  assert.ok(node?.kind === 'party');
  const [note] = partyChildren(world, node);
  assert.ok(note?.kind === 'note' && note.command?.command === 'potluck.invite.create');
});

test('online peers come before those that are away', () => {
  const world = {
    parties: [],
    peers: [peer(1, { isOnline: false, name: 'A', isAddedByKey: true }), peer(2, { name: 'Z', isAddedByKey: true })],
  };
  assert.deepEqual(
    rootNodes(world).map(({ id }) => id),
    [`peer/${peerId(2)}`, `peer/${peerId(1)}`],
  );
});

test('a stranger shows nothing but the way to accept it', () => {
  const [note] = peerChildren(peer(1, { isStranger: true }), [catalogShare(1)], peerNode);
  assert.equal(note?.kind, 'note');
  const row = rowOf(peerNode, { parties: [], peers: [peer(1, { isStranger: true })] }, now);
  assert.match(row?.context ?? '', /^peer\.stranger/);
});

test('a huge folder ends in one row for the rest', () => {
  const nodes = entryNodes(root, { entries: [folder('a'), file('b')], total: 9002 }, shareNode);
  assert.equal(nodes.length, 3);
  const row = rowOf(nodes[2] as PeersNode, { parties: [], peers: [] }, now);
  assert.equal(row?.label, '… 9,000 more');
  assert.deepEqual(row?.command, { kind: 'run', command: 'potluck.entry.showMore', title: 'Show more' });
});

test('an empty folder says so', () => {
  assert.deepEqual(
    entryNodes(root, { entries: [], total: 0 }, shareNode).map(({ kind }) => kind),
    ['note'],
  );
});

test('ids of entries cannot be confused with ids of our own rows', () => {
  const ids = entryNodes(root, { entries: [file('more'), file('empty'), file('failure')], total: 10 }, shareNode).map(
    ({ id }) => id,
  );
  assert.equal(new Set(ids).size, 4);
  assert.ok(!ids.slice(0, 3).includes(`${shareNode.id}//more`));
});

test('a share without a list says why it is empty', () => {
  assert.equal(shareNote({ ...shareNode, share: catalogShare(1, { indexState: 'none' }) })?.icon, 'loading~spin');
  assert.equal(shareNote({ ...shareNode, share: catalogShare(1, { indexState: 'none', isOnline: false }) })?.icon, 'info');
  assert.equal(shareNote({ ...shareNode, share: catalogShare(1, { indexState: 'refused' }) })?.icon, 'error');
  assert.equal(shareNote(shareNode), undefined);
});

test('a share whose list is on its way says how far it is, and through whom', () => {
  const fetched = { blocks: 2, ofBlocks: 5 };
  const share = catalogShare(1, { indexState: 'fetching', fetched, viaPeerId: peerId(2) });
  const row = rowOf({ ...shareNode, share }, { parties: [], peers: [peer(2, { name: 'Calm Otter' })] }, now);
  assert.equal(row?.description, '2 files, 2 KB · fetching 40% · through Calm Otter');
  assert.equal(shareNote({ ...shareNode, share })?.text, 'Its list of files: fetching 40%');
  assert.equal(shareNote({ ...shareNode, share: { ...share, updatedAtMs: 1 } }), undefined, 'the list of before answers');
  const failure = { kind: 'protocol', message: 'Its list is forked.' } as const;
  const refused = rowOf(
    { ...shareNode, share: catalogShare(1, { indexState: 'refused', failure }) },
    { parties: [], peers: [] },
    now,
  );
  assert.match(refused?.tooltip ?? '', /forked/);
});

test('a file is opened by its URI, drawn by the icon theme, and read out with its size', () => {
  const [node] = entryNodes(root, { entries: [file('model.bin', 3 * 1024 ** 3)], total: 1 }, shareNode);
  const row = rowOf(node as PeersNode, { parties: [], peers: [] }, now);
  assert.equal(row?.icon, 'theme-file');
  assert.equal(row?.accessibility, 'model.bin, 3 GB');
  assert.deepEqual(row?.command, { kind: 'open' });
  assert.deepEqual(row?.uri, { scheme: 'potluck', authority: peerId(1), path: `/${shareId(1)}/model.bin` });
});

test('a configuration file opens from our tree although the file system hides it', () => {
  const [node] = entryNodes({ ...root, path: '.vscode' }, { entries: [file('tasks.json')], total: 1 }, shareNode);
  assert.equal(rowOf(node as PeersNode, { parties: [], peers: [] }, now)?.uri?.query, 'revealed');
});

test('names of others are made safe in every row', () => {
  const evil = 'x\u202e\n$(error)';
  const world = { parties: [party(1, { name: evil })], peers: [peer(1, { name: evil, nickname: evil })] };
  const nodes: PeersNode[] = [
    ...rootNodes(world),
    { ...shareNode, share: catalogShare(1, { title: evil }) },
    ...entryNodes(root, { entries: [file(evil), folder(evil)], total: 2 }, shareNode),
  ];
  for (const node of nodes) {
    const row = rowOf(node, world, now);
    const shown = `${row?.label}${row?.description ?? ''}${row?.accessibility}`;
    assert.doesNotMatch(shown, /[\u202e\n]/, node.kind);
    assert.doesNotMatch(row?.tooltip ?? '', /\u202e/, node.kind);
  }
});

test('a peer that went meanwhile has no row', () => {
  assert.equal(rowOf(peerNode, { parties: [], peers: [] }, now), undefined);
});

test('the tooltip of a peer says by which way files come and go, and how fast', () => {
  const node = { kind: 'peer', id: 'peer/1', peerId: peerId(1) } as const;
  const linked = peer(1, {
    path: 'lan',
    roundTripMs: 3,
    link: { kind: 'tls', address: '10.0.0.2:4000' },
    receiveBytesPerSecond: 2048,
  });
  const tooltip = rowOf(node, { parties: [], peers: [linked] }, 0)?.tooltip ?? '';
  assert.match(
    tooltip,
    /Path: local network, 3 ms\nFiles come and go by: direct link \(TLS\), 10\.0\.0\.2:4000\nNow: 2 KB\/s down, 0 B\/s up/,
  );
});
