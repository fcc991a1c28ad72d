// What the network lets through, as a text to read and to send to who helps: findings and advice of the sidecar, how each peer is reached and why,
// who is kept away. The sidecar names its own settings; here they are those of VS Code. Must not know `vscode`.

import type { BannedPeer, NetFinding, NetReport, PeerInfo } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { formatCount, formatDuration, t } from '../text.ts';
import { linkText } from './downloadRow.ts';
import { reachText, reasonText } from './peerRow.ts';

/** The sidecar's settings that findings speak of, and VS Code's. */
const settingKeys: Readonly<Record<string, string>> = {
  useRelay: 'network.useRelay',
  offerRelay: 'network.offerRelay',
  lanDiscovery: 'network.lanDiscovery',
  networkInterface: 'network.interface',
  linkListen: 'network.directLinks',
  linkHost: 'network.linkAddress',
  linkPort: 'network.linkPort',
  'setting relay': 'network.relay',
  'setting bootstrap': 'network.bootstrap',
};

const marks: Readonly<Record<NetFinding['state'], string>> = { good: '✓', limited: '!', bad: '✗', off: '–' };

/** Longest sentence shown: the sidecar's own are shorter, whatever peers call themselves. */
const sentenceCharacters = 600;
/** Width of a line, so that nobody has to scroll sideways. */
const lineCharacters = 96;

export interface ReportWorld {
  bans: readonly BannedPeer[];
  peers: readonly PeerInfo[];
  nowMs: number;
}

/** One text, in plain lines. */
export function reportText(report: NetReport, { bans, peers, nowMs }: ReportWorld): string {
  const lines = [t('What works of the network'), ''];
  for (const { state, text, advice } of report.findings) {
    lines.push(...wrapped(`${marks[state]} ${sentence(text)}`, '  '));
    if (advice !== undefined) lines.push(...wrapped(`    → ${sentence(advice)}`, '      '));
  }
  lines.push('', `${t('Signs')}: ✓ ${t('works')}   ! ${t('works in part')}   ✗ ${t('does not work')}   – ${t('switched off')}`);
  lines.push('', t('Peers: {0}', formatCount(report.peers.length)));
  for (const { name, path, pathReason, roundTripMs, link } of report.peers) {
    const said = [reachText(path, roundTripMs), reasonText(pathReason), linkName(link)];
    lines.push(`  ${displayName(name)}: ${said.filter((part) => part !== undefined).join(', ')}`);
  }
  if (report.addresses.length > 0) lines.push('', t('Your addresses, as others see them'));
  for (const address of report.addresses) lines.push(`  ${displayName(address)}`);
  if (bans.length > 0) lines.push('', t('Kept away for a while, because they broke limits again and again'));
  for (const ban of bans) {
    const left = t('for {0} still', formatDuration((ban.untilMs - nowMs) / 1000));
    lines.push(`  ${bannedName(ban, peers)}: ${displayName(ban.reason)}, ${left}`);
  }
  const last = t('This stays on this machine. It holds addresses and names: look through it before you send it to somebody.');
  lines.push('', ...wrapped(last, ''), '');
  return lines.join('\n');
}

/** How bytes go to a peer: the sidecar names the kind of link. */
function linkName(link: string): string {
  const kind = (['session', 'tls', 'noise'] as const).find((known) => known === link);
  return kind === undefined ? displayName(link) : linkText(kind);
}

/** Lines as wide as can be read; those after the first begin with `indent`. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trimStart().split(' ')) {
    if (line.trim() !== '' && line.length + word.length > lineCharacters) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** A peer's name, or an address. */
export function bannedName({ peerId, host }: BannedPeer, peers: readonly PeerInfo[]): string {
  if (peerId === undefined) return displayName(host ?? '?');
  return displayName(peers.find((peer) => peer.peerId === peerId)?.name ?? peerId);
}

/** Where settings are named in the text: each can be opened. */
export function settingLinks(text: string): { start: number; end: number; key: string }[] {
  return [...text.matchAll(/potluck\.network\.[a-zA-Z]+/g)].flatMap((match) => {
    const [key] = match;
    return Object.values(settingKeys).includes(key.slice('potluck.'.length))
      ? [{ start: match.index, end: match.index + key.length, key }]
      : [];
  });
}

function sentence(text: string): string {
  return displayName(text, sentenceCharacters).replace(
    /\b(?:useRelay|offerRelay|lanDiscovery|networkInterface|linkListen|linkHost|linkPort|setting (?:relay|bootstrap)\b)\b/g,
    (name) => `${name.startsWith('setting ') ? `${t('setting')} ` : ''}potluck.${settingKeys[name] ?? name}`,
  );
}
