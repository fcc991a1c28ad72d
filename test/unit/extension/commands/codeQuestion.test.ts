import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeQuestion, codeSummary } from '../../../../src/extension/commands/codeQuestion.ts';
import type { CodeContents } from '../../../../src/protocol/model.ts';
import { ownShare, partyId, peer, peerId } from '../worlds.ts';

const nobody = { shares: [], peers: [] };

function contents(change: Partial<CodeContents> = {}): CodeContents {
  return {
    kind: 'invite',
    peerId: peerId(1),
    name: 'brave-otter',
    derivedName: 'brave-otter',
    claimedName: 'Ada',
    isOwn: false,
    isKnown: false,
    isBlocked: false,
    createdAtMs: 0,
    isExpired: false,
    addresses: [],
    ...change,
  };
}

function asked(
  change: Partial<CodeContents>,
  world: Parameters<typeof codeQuestion>[1] = nobody,
): { message: string; detail: string } {
  const question = codeQuestion(contents(change), world);
  assert.equal(question.kind, 'ask');
  return question.kind === 'ask' ? question : { message: '', detail: '' };
}

test('the question says who, which party, what follows and until when', () => {
  const { message, detail } = asked({ partyLabel: 'Photos', expiresAtMs: Date.UTC(2030, 0, 2) });
  assert.equal(message, 'Join "Photos", to which Ada invites you?');
  assert.match(detail, /not know this peer yet\. Name from its key: brave-otter/);
  assert.match(detail, /All members learn your network address/);
  assert.match(detail, /until .*2030/);
  assert.match(detail, new RegExp(peerId(1)));
});

test('a known peer is called as it is known, whatever the code claims', () => {
  const { message, detail } = asked(
    { kind: 'contact', isKnown: true, name: 'My Ada', claimedName: 'Grace' },
    { ...nobody, peers: [peer(1, { petname: 'My Ada' })] },
  );
  assert.equal(message, 'Connect to My Ada?');
  assert.match(detail, /calls itself Grace/);
});

test('a stranger who came by under a name is not called a peer that one knows', () => {
  const peers = [peer(1, { name: 'My Ada', isOnline: false })];
  const { detail } = asked({ isKnown: true, name: 'My Ada' }, { ...nobody, peers });
  assert.match(detail, /do not know this peer yet/);
});

test('somebody unknown with the name of a peer is pointed out', () => {
  assert.match(asked({}, { ...nobody, peers: [peer(2, { name: 'ADA' })] }).detail, /Careful/);
  assert.doesNotMatch(asked({}, { ...nobody, peers: [peer(2, { name: 'Grace' })] }).detail, /Careful/);
});

test('what is shared with everyone is counted, and nothing else', () => {
  const only = { everyone: false, partyIds: [partyId(1)], peerIds: [] };
  const shares = [ownShare(1), ownShare(2), ownShare(3, { audience: only })];
  assert.match(asked({ kind: 'contact' }, { ...nobody, shares }).detail, /the 2 folders/);
  assert.match(asked({}, { ...nobody, shares: shares.slice(1) }).detail, /the 1 folder /);
  assert.match(asked({}, { ...nobody, shares: shares.slice(2) }).detail, /no share of yours yet/);
});

test('the secret name of a party is not spelled out', () => {
  const secret = 'ybndrfg8ejkmcpqxot1uwisza3';
  const { message, detail } = asked({ kind: 'party', partyLabel: secret });
  assert.doesNotMatch(`${message}${detail}`, new RegExp(secret));
  assert.match(message, /ybnd…/);
});

test('a party that strangers may be in, and one that we are in, are called so', () => {
  assert.match(asked({ kind: 'party', partyLabel: 'techno', isPublicParty: true }).detail, /can be guessed/);
  assert.match(asked({ kind: 'party', partyLabel: 'techno', isPublicParty: true, isJoined: true }).detail, /already/);
});

test('our own code, an expired one, and one of a blocked peer are refused without a question', () => {
  for (const change of [{ isOwn: true }, { isExpired: true }, { isBlocked: true }])
    assert.equal(codeQuestion(contents(change), nobody).kind, 'tell');
});

test('names in a code cannot become links, lines or icons of the question', () => {
  const evil = 'x\n[Join](command:a)\u202e';
  const { message, detail } = asked({ claimedName: evil, partyLabel: evil });
  assert.doesNotMatch(message, /\]\(|[\n\u202e]/);
  assert.doesNotMatch(detail, /\u202e|\n\[/);
  for (const kind of ['contact', 'invite', 'party'] as const)
    assert.doesNotMatch(codeSummary(contents({ kind, claimedName: evil })), /[\n\u202e]/);
});
