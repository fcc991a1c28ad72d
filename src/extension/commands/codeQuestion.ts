// What a code would do, as the question that comes before it is done: who made it, which party, what follows, until when. Names in it are
// whatever its maker chose; only the key is certain. Must not know `vscode`.

import type { CodeContents, PeerInfo, ShareInfo } from '../../protocol/model.ts';
import { displayName, messageName, shortPartyName } from '../displayText.ts';
import { formatCount, t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';
import { lookAlikes } from '../views/requestRow.ts';

export type CodeQuestion =
  | { kind: 'ask'; message: string; detail: string; action: string }
  /** There is nothing to ask: it cannot or need not be accepted. */
  | { kind: 'tell'; message: string };

interface CodeWorld {
  shares: readonly ShareInfo[];
  peers: readonly PeerInfo[];
}

export function codeQuestion(read: CodeContents, world: CodeWorld): CodeQuestion {
  const contents = { ...read, isKnown: read.isKnown && isFriend(world.peers.find(({ peerId }) => peerId === read.peerId)) };
  const tell = (message: string): CodeQuestion => ({ kind: 'tell', message });
  const name = messageName(whoOf(contents));
  if (contents.isOwn) return tell(t('That is your own code. Give it to another person, and take theirs.'));
  if (contents.isBlocked) return tell(t('{0} is blocked here. Unblock the peer first if you want to meet it.', name));
  if (contents.isExpired) return tell(t('The code of {0} has expired. Ask for another one.', name));
  const detail = [
    ...whoLines(contents, world.peers),
    '',
    ...partyLines(contents),
    followsOf(contents, world.shares),
    ...untilLines(contents),
    '',
    t('Only the key is certain, names can be anything.'),
    t('Key: {0}', contents.peerId),
  ].join('\n');
  return {
    kind: 'ask',
    message: titleOf(contents, name),
    detail,
    action: contents.kind === 'contact' ? t('Connect') : t('Join'),
  };
}

/** One line about a code, while it is typed. */
export function codeSummary(contents: CodeContents): string {
  const name = displayName(whoOf(contents), 60);
  switch (contents.kind) {
    case 'contact':
      return t('The code of {0}, to connect to.', name);
    case 'invite':
      return t('An invite of {0} to a party.', name);
    case 'party':
      return t('A party, and {0} to meet there.', name);
  }
}

/** A stranger who only came by is known to the sidecar as well, by whatever name it gave itself. */
function isFriend(peer: PeerInfo | undefined): boolean {
  return peer !== undefined && (peer.isAddedByKey || peer.petname !== undefined || peer.partyIds.length > 0);
}

/** As known here; of somebody who is not, what the code claims. */
function whoOf({ isKnown, name, claimedName }: CodeContents): string {
  return isKnown ? name : (claimedName ?? name);
}

function titleOf(contents: CodeContents, name: string): string {
  switch (contents.kind) {
    case 'contact':
      return t('Connect to {0}?', name);
    case 'invite':
      return contents.partyLabel === undefined
        ? t('Join a party to which {0} invites you?', name)
        : t('Join "{0}", to which {1} invites you?', messageName(contents.partyLabel), name);
    case 'party':
      return t('Join the party "{0}" of {1}?', messageName(shortPartyName(contents.partyLabel ?? '')), name);
  }
}

function whoLines(contents: CodeContents, peers: readonly PeerInfo[]): string[] {
  const derived = displayName(contents.derivedName);
  const lines = contents.isKnown
    ? [t('{0} is a peer you know. Name from its key: {1}.', displayName(contents.name), derived)]
    : [t('You do not know this peer yet. Name from its key: {0}.', derived)];
  if (contents.isKnown && contents.claimedName !== undefined && contents.claimedName !== contents.name)
    lines.push(t('It calls itself {0}.', displayName(contents.claimedName)));
  if (!contents.isKnown && lookAlikes({ peerId: contents.peerId, name: whoOf(contents) }, peers) > 0)
    lines.push(t('Careful: another peer here has the same or a similar name. It is not the same one.'));
  return lines;
}

function partyLines({ kind, isJoined, isPublicParty }: CodeContents): string[] {
  if (kind === 'contact') return [];
  if (isJoined === true) return [t('You are in this party already.')];
  return isPublicParty === true ? [t('The name of the party can be guessed: strangers may be in it.')] : [];
}

function followsOf({ kind }: CodeContents, shares: readonly ShareInfo[]): string {
  const count = shares.filter(({ audience }) => audience.everyone).length;
  if (kind === 'contact') {
    if (count === 0)
      return t('It learns your network address. You share nothing with everyone, so it sees no share of yours yet.');
    if (count === 1) return t('It learns your network address and sees the 1 folder that you share with everyone.');
    return t('It learns your network address and sees the {0} folders that you share with everyone.', formatCount(count));
  }
  if (count === 0)
    return t('All members learn your network address. You share nothing with everyone, so they see no share of yours yet.');
  if (count === 1) return t('All members learn your network address and see the 1 folder that you share with everyone.');
  return t('All members learn your network address and see the {0} folders that you share with everyone.', formatCount(count));
}

function untilLines({ kind, expiresAtMs }: CodeContents): string[] {
  const lines = kind === 'invite' ? [t('Who made the invite must be online once to let you in.')] : [];
  if (expiresAtMs !== undefined) lines.push(t('It can be used until {0}.', dateText(expiresAtMs)));
  return lines;
}
