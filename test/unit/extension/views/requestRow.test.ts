import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  grantDetail,
  lookAlikes,
  requestNews,
  untoldRequests,
  withToldRequests,
} from '../../../../src/extension/views/requestRow.ts';
import { accessRequest, ownShare, peer, peerId, shareId } from '../worlds.ts';

test('one request is told with its words and the name that cannot be chosen; a burst is one line', () => {
  assert.equal(requestNews([]), undefined);
  assert.equal(
    requestNews([accessRequest(1, { name: 'Ada', text: 'from work' })]),
    'Ada (Brave Otter) asks to be let in: “from work”',
  );
  assert.equal(requestNews([accessRequest(1, { name: 'Brave Otter' })]), 'Brave Otter asks to be let in.');
  assert.equal(requestNews([accessRequest(1, { name: 'Ada (Brave Otter)' })]), 'Ada (Brave Otter) asks to be let in.');
  assert.equal(requestNews([accessRequest(1), accessRequest(2), accessRequest(3)]), '3 peers ask to be let in.');
});

test('a request is told once, over windows and starts, however often the peer asks; when it was answered, it may be told again', () => {
  const [first, second] = [accessRequest(1), accessRequest(2)];
  assert.deepEqual(untoldRequests([first], undefined), [first]);
  assert.deepEqual(untoldRequests([first], 'not a list'), [first]);
  const told = withToldRequests(undefined, [first], [first]);
  assert.deepEqual(untoldRequests([{ ...first, atMs: 99, text: 'again' }, second], told), [second]);
  assert.deepEqual(withToldRequests(told, [first, second], []), told);
  assert.deepEqual(withToldRequests(told, [second], []), []);
  const answered = withToldRequests(told, [second], [second]);
  assert.deepEqual(answered, [peerId(2)]);
  assert.deepEqual(untoldRequests([first], answered), [first]);
});

test('before somebody is let in it is said what they will see', () => {
  const few = { everyone: false, partyIds: [], peerIds: [] };
  const shares = [ownShare(1, { title: 'Photos' }), ownShare(2, { title: 'Diary', audience: few })];
  const world = { shares, peers: [] };
  const all = grantDetail(accessRequest(1, { text: 'hi' }), world);
  assert.match(all, /1 share of yours: Photos\./);
  assert.match(all, /“hi”/);
  assert.ok(all.includes(peerId(1)));
  assert.ok(!all.includes('Diary'));
  assert.match(grantDetail(accessRequest(1, { shareId: shareId(2) }), world), /your share "Diary"/);
  assert.match(grantDetail(accessRequest(1), { shares: [], peers: [] }), /sees none yet/);
  assert.match(grantDetail(accessRequest(1, { shareId: shareId(9) }), world), /not shared any more/);
});

test('two peers with one nickname, and look-alike names, are warned about', () => {
  const ada = peer(2, { name: 'Ada Paypal' });
  const cyrillic = 'Аdа Раураl';
  for (const name of ['Ada Paypal', 'ada paypal', 'Ada PaypaI', cyrillic, 'Áda Paypal', 'Ada\u200b Paypal', '4da Paypa1']) {
    assert.equal(lookAlikes({ peerId: peerId(1), name }, [ada]), 1, name);
    assert.match(grantDetail(accessRequest(1, { name }), { shares: [], peers: [ada] }), /Careful/, name);
  }
  assert.equal(lookAlikes({ peerId: peerId(1), name: 'Grace' }, [ada]), 0);
  assert.equal(lookAlikes({ peerId: peerId(2), name: 'Ada Paypal' }, [ada]), 0);
  assert.equal(lookAlikes({ peerId: peerId(1), name: 'corn' }, [peer(3, { name: 'com' })]), 1);
  assert.equal(lookAlikes({ peerId: peerId(1), name: '🙂' }, [peer(3, { name: '🙃' })]), 0);
  // The sidecar tells such names apart where it shows them; the warning stays.
  const twins = [ada, peer(1, { name: 'Ada PaypaI (Brave Otter)', nickname: 'Ada PaypaI', isStranger: true })];
  assert.match(grantDetail(accessRequest(1, { name: 'Ada PaypaI (Brave Otter)' }), { shares: [], peers: twins }), /Careful/);
  // What somebody was called by the user is shown; what it calls itself may be taken by another.
  assert.equal(lookAlikes({ peerId: peerId(1), name: 'Ada' }, [peer(3, { name: 'My sister', nickname: 'Ada' })]), 1);
});
