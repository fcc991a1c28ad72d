// All that is known of one file or folder, as a page: HTML without a script; every word of a peer is escaped, and made visible first. Must not
// know `vscode`.

import { maxEntryLinkCharacters } from '../../protocol/entryLinks.ts';
import type { ContentId } from '../../protocol/ids.ts';
import type { DetailField, EntryDetails, EntryRef, HistoryEntry } from '../../protocol/model.ts';
import { displayName, hasHiddenCharacters, longDisplayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { escapeText, stillPage } from '../page.ts';
import { formatAgo, formatBytes, formatCount, t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';

export interface FileFacts {
  entry: EntryRef;
  name: string;
  kind: 'file' | 'folder';
  sizeBytes: number;
  mtimeMs: number;
  owner: { name: string; isOwn: boolean; isOnline: boolean; lastSeenMs?: number };
  shareTitle: string;
  /** Of a folder: how many entries lie in it. */
  entryCount?: number;
  details?: EntryDetails;
  contentId?: ContentId;
  /** What its owner says is its content id, and cannot be. */
  wrongContentId?: ContentId;
  /** Who lists the content, the entry itself included. */
  holders: Holder[];
  /** More than the sidecar names have it, perhaps. */
  mayHaveMore: boolean;
  /** Where it lies on this machine; `isStale`: its owner has another state of it now. */
  copies: { path: string; isStale: boolean }[];
  /** The newest. */
  history: HistoryEntry[];
  historyTotal: number;
  link: string;
  /** It is not listed any more: this is what was known. */
  isGone?: boolean;
}

export interface Holder {
  peerName: string;
  /** Title of the share, and the parts of the path in it. */
  path: string[];
  isOwn: boolean;
  isOnline: boolean;
}

/** Commands that the page may run, each with the entry, or the link to it, as its argument. */
export const pageCommands = [
  'potluck.entry.open',
  'potluck.entry.openByRange',
  'potluck.entry.download',
  'potluck.entry.reveal',
  'potluck.compare.withMine',
  'potluck.link.copy',
  'potluck.link.copyDeep',
  'potluck.link.create',
  'potluck.link.copyMagnet',
  'potluck.link.saveTorrent',
] as const;

/** `nonce` is of this page alone: only its own style counts. */
export function filePage(facts: FileFacts, nonce: string, nowMs: number): string {
  const title = displayName(facts.name);
  const body = `<main>
<h1>${escapeText(title)}</h1>
<p class="hint">${escapeText(subtitle(facts, nowMs))}</p>
${facts.isGone === true ? warning(t('It is not listed any more. This is what was known of it.')) : ''}
${hasHiddenCharacters(facts.name) ? warning(t('The name has invisible characters.')) : ''}
<p class="actions">${actions(facts)}</p>
${section(t('About'), table(aboutRows(facts)))}
${begins(facts)}
${section(t('Who Has It'), holders(facts))}
${section(t('On This Machine'), copies(facts))}
${section(t('History'), history(facts, nowMs))}
${section(t('Link'), `<pre tabindex="0">${escapeText(displayName(facts.link, maxEntryLinkCharacters))}</pre><p class="actions">${linkActions(facts)}</p>`)}
</main>`;
  return stillPage({ title, style, body, nonce });
}

function subtitle({ owner, shareTitle, entry }: FileFacts, nowMs: number): string {
  const where = [
    owner.isOwn ? t('you') : displayName(owner.name),
    displayName(shareTitle),
    ...entry.path
      .split('/')
      .slice(0, -1)
      .map((part) => displayName(part)),
  ];
  const presence = owner.isOwn ? '' : presenceText(owner, nowMs);
  return `${where.join(' › ')}${presence === '' ? '' : ` · ${presence}`}`;
}

function presenceText({ isOnline, lastSeenMs }: FileFacts['owner'], nowMs: number): string {
  if (isOnline) return t('online');
  return lastSeenMs === undefined ? t('offline') : t('offline, seen {0}', formatAgo(lastSeenMs, nowMs));
}

function actions({ kind, entry, owner }: FileFacts): string {
  const made: string[] = [];
  if (kind === 'file') made.push(action('potluck.entry.open', entry, t('Open')));
  if (kind === 'file' && !owner.isOwn) made.push(action('potluck.entry.openByRange', entry, t('Open by Range')));
  if (!owner.isOwn) {
    made.push(action('potluck.entry.download', entry, t('Download')));
    made.push(action('potluck.compare.withMine', entry, t('Compare with Mine…')));
  }
  made.push(action('potluck.entry.reveal', entry, t('Reveal')));
  return made.join(' ');
}

function linkActions({ entry, link }: FileFacts): string {
  return [
    action('potluck.link.copy', link, t('Copy Link')),
    action('potluck.link.copyDeep', link, t('Copy Link That Opens the Editor')),
    action('potluck.link.create', entry, t('Create Link File…')),
    action('potluck.link.copyMagnet', entry, t('Copy Magnet Link')),
    action('potluck.link.saveTorrent', entry, t('Save as Torrent…')),
  ].join(' ');
}

/** What it is about is handed over as it is; commands check it. */
function action(command: (typeof pageCommands)[number], about: EntryRef | string, label: string): string {
  const given = typeof about === 'string' ? about : { peerId: about.peerId, shareId: about.shareId, path: about.path };
  return `<a class="button" href="command:${command}?${escapeText(encodeURIComponent(JSON.stringify([given])))}">${escapeText(label)}</a>`;
}

function aboutRows({ kind, sizeBytes, mtimeMs, entryCount, details, contentId, wrongContentId }: FileFacts): [string, string][] {
  const rows: [string, string][] = [];
  if (kind === 'file') rows.push([t('Size'), `${formatBytes(sizeBytes)} (${t('{0} bytes', formatCount(sizeBytes))})`]);
  if (entryCount !== undefined) rows.push([t('In it'), formatCount(entryCount)]);
  rows.push([t('Modified'), dateText(mtimeMs)]);
  if (details?.mime !== undefined) rows.push([t('Type'), displayName(details.mime)]);
  for (const field of fields) {
    const value = details?.fields[field];
    if (value !== undefined) rows.push([fieldName(field), longDisplayName(value)]);
  }
  if (wrongContentId !== undefined) rows.push([t('Content id'), t('{0}: no file of this size has it', wrongContentId)]);
  else if (kind === 'file') rows.push([t('Content id'), contentId ?? t('not known yet')]);
  return rows;
}

const fields = ['title', 'artist', 'album', 'author', 'genre', 'year', 'subject', 'language', 'duration', 'dimensions'] as const;

function fieldName(field: Exclude<DetailField, 'text'>): string {
  switch (field) {
    case 'title':
      return t('Title');
    case 'artist':
      return t('Artist');
    case 'album':
      return t('Album');
    case 'author':
      return t('Author');
    case 'genre':
      return t('Genre');
    case 'year':
      return t('Year');
    case 'subject':
      return t('Subject');
    case 'language':
      return t('Language');
    case 'duration':
      return t('Duration');
    case 'dimensions':
      return t('Dimensions');
  }
}

function begins({ details }: FileFacts): string {
  const lines = details?.fields.text
    ?.split('\n')
    .slice(0, limits.pageTextLines)
    .map((line) => longDisplayName(line === '' ? ' ' : line).replace('⟨ ⟩', ' '));
  return lines === undefined || lines.length === 0
    ? ''
    : section(t('How It Begins'), `<pre tabindex="0">${escapeText(lines.join('\n'))}</pre>`);
}

function holders({ holders: known, mayHaveMore, contentId, wrongContentId, kind }: FileFacts): string {
  const rows = known.map(
    ({ peerName, path, isOwn, isOnline }) =>
      `<tr><td>${escapeText(isOwn ? t('you') : displayName(peerName))}</td><td>${escapeText(path.map((part) => displayName(part)).join(' › '))}</td><td class="${isOnline || isOwn ? 'good' : 'hint'}">${escapeText(isOwn ? t('here') : isOnline ? t('online') : t('offline'))}</td></tr>`,
  );
  const head = [t('Peer'), t('Where'), t('State')].map((text) => `<th scope="col">${escapeText(text)}</th>`).join('');
  const isUnsure = contentId === undefined && wrongContentId === undefined && kind === 'file';
  return [
    `<table class="wide"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
    ...(mayHaveMore ? [none(t('The first {0} are listed; there may be more.', formatCount(known.length)))] : []),
    ...(isUnsure ? [none(t('Who else has the same content is known once its owner has read the file.'))] : []),
  ].join('');
}

function copies({ copies: known }: FileFacts): string {
  if (known.length === 0) return none(t('No copy that Potluck knows of.'));
  return list(
    known.map(({ path, isStale }) => {
      const shown = longDisplayName(path);
      return isStale ? t('{0} (its owner has changed it since)', shown) : shown;
    }),
  );
}

function history({ entry, history: entries, historyTotal }: FileFacts, nowMs: number): string {
  if (entries.length === 0) return none(t('No transfer of it is remembered.'));
  const more = historyTotal - entries.length;
  const lines = entries.map((each) => {
    const how = each.outcome === 'done' ? formatBytes(each.bytes) : each.outcome === 'failed' ? t('failed') : t('cancelled');
    return `${moved(each, entry)} · ${how} · ${formatAgo(each.endedAtMs, nowMs)}`;
  });
  return `${list(lines)}${more > 0 ? none(t('… {0} more', formatCount(more))) : ''}`;
}

/** Of a folder above the entry nobody noted which of its files came or went. */
function moved({ direction, kind, path, peerName }: HistoryEntry, entry: EntryRef): string {
  const peer = displayName(peerName);
  const isDownload = direction === 'download';
  if (kind === 'file' || path === entry.path) return isDownload ? t('Downloaded from {0}', peer) : t('Given to {0}', peer);
  const folder = path === '' ? t('the share') : displayName(path);
  return isDownload ? t('Files of {0} downloaded from {1}', folder, peer) : t('Files of {0} given to {1}', folder, peer);
}

function section(title: string, content: string): string {
  return `<section><h2>${escapeText(title)}</h2>${content}</section>`;
}

function table(rows: readonly [string, string][]): string {
  const made = rows.map(([name, value]) => `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`);
  return `<table>${made.join('')}</table>`;
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeText(longDisplayName(item))}</li>`).join('')}</ul>`;
}

function warning(text: string): string {
  return `<p class="warning">${escapeText(text)}</p>`;
}

function none(text: string): string {
  return `<p class="hint">${escapeText(text)}</p>`;
}

const style = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); padding: 0 24px 24px; }
main { max-width: 860px; margin: 0 auto; }
h1 { font-size: 1.6em; font-weight: 600; margin: 24px 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.1em; font-weight: 600; margin: 20px 0 6px; padding-bottom: 4px;
  border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)); }
p { margin: 4px 0; line-height: 1.5; overflow-wrap: anywhere; }
.hint { color: var(--vscode-descriptionForeground); }
.warning { color: var(--vscode-editorWarning-foreground); }
.good { color: var(--vscode-charts-green, var(--vscode-foreground)); }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; }
.button { padding: 4px 12px; border-radius: 2px; text-decoration: none; color: var(--vscode-button-secondaryForeground);
  background: var(--vscode-button-secondaryBackground);
  border: 1px solid var(--vscode-button-secondaryBorder, var(--vscode-contrastBorder, var(--vscode-panel-border, transparent))); }
main > .actions > .button:first-child { color: var(--vscode-button-foreground); background: var(--vscode-button-background);
  border-color: var(--vscode-button-border, var(--vscode-contrastBorder, transparent)); }
.button:hover { background: var(--vscode-button-secondaryHoverBackground); }
main > .actions > .button:first-child:hover { background: var(--vscode-button-hoverBackground); }
:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
table { border-collapse: collapse; }
table.wide { width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 3px 16px 3px 0; overflow-wrap: anywhere; }
th { font-weight: 400; color: var(--vscode-descriptionForeground); white-space: nowrap; }
ul { margin: 0; padding-left: 18px; line-height: 1.6; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 8px 10px; border-radius: 4px;
  font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size);
  background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-contrastBorder, transparent); }
`;
