// In a pseudo-locale, whose letters no fixture has, everything that a person reads is in those letters: what is left in ASCII did not pass through l10n.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { downloadAsRow, uploadAsRow } from '../../../src/extension/board/boardRows.ts';
import { boardPage } from '../../../src/extension/board/boardPage.ts';
import { boardTexts } from '../../../src/extension/board/boardTexts.ts';
import { previewPage } from '../../../src/extension/commands/previewPage.ts';
import { previewRows } from '../../../src/extension/commands/sharePreview.ts';
import {
  compareChildren,
  compareGroups,
  compareMessage,
  compareRow,
  compareStates,
  type ShownComparison,
} from '../../../src/extension/compare/compareModel.ts';
import { folderMark, heldMark, queuedMark, shareMark } from '../../../src/extension/decorations/marks.ts';
import { DownloadList } from '../../../src/extension/downloadList.ts';
import { type FileFacts, filePage } from '../../../src/extension/filePage/filePage.ts';
import { linkFacts, linkRow, statusLines, verificationLines } from '../../../src/extension/links/linkDocument.ts';
import { offerChildren, offerGroups, offerNews, offerRow, type OffersNode } from '../../../src/extension/sending/offerRows.ts';
import { statusOf } from '../../../src/extension/statusText.ts';
import { setTranslator } from '../../../src/extension/text.ts';
import { viewerTexts } from '../../../src/extension/viewers/viewerTexts.ts';
import type { Row } from '../../../src/extension/views/row.ts';
import { detailNodes, ownShareNodes, sharesRow } from '../../../src/extension/views/sharesModel.ts';
import { transferChildren, transferGroups, transferRow } from '../../../src/extension/views/transfersModel.ts';
import type { CompareState, ComparedEntry } from '../../../src/protocol/compare.ts';
import type { ContentId, DownloadId, OfferId } from '../../../src/protocol/ids.ts';
import type { LinkContents, LinkStatus } from '../../../src/protocol/links.ts';
import type { HistoryEntry } from '../../../src/protocol/model.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../../src/protocol/sending.ts';
import { download, ownShare, peer, peerId, rates, shareId, source, upload } from './worlds.ts';

/** Letters that no fixture has. */
function pseudo(message: string): string {
  return message.replace(/\{\d+\}|[a-zA-Z]/g, (part) =>
    part.length > 1 ? part : String.fromCodePoint(part.charCodeAt(0) + 0x1d5a0 - (part >= 'a' ? 71 : 65)),
  );
}

const fill = (message: string, args: (string | number)[]): string =>
  message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)] ?? ''));

before(() => setTranslator((message, ...args) => fill(pseudo(message), args), 'en'));
after(() => setTranslator((message, ...args) => fill(message, args), 'en'));

/** What Intl and sizes write by themselves. */
const units = new Set(['min', 'sec', 'KB', 'MB', 'GB', 'ago', 'years', 'year', 'Noise', 'TLS', 'AM', 'PM']);

/** Ids of fixtures are one letter, over and over. */
const ofAnId = /^(.)\1{5,}.?$/;

function fixtureWords(value: unknown): string[] {
  if (typeof value === 'string') return value.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  if (value instanceof Set || value instanceof Map) return [...value].flatMap(fixtureWords);
  if (Array.isArray(value)) return value.flatMap(fixtureWords);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(fixtureWords);
}

/** No word but those of the data, Intl's, and names of the field. */
function holdNoEnglish(texts: readonly (string | undefined)[], data: unknown): void {
  const known = new Set(fixtureWords(data));
  for (const text of texts) {
    const words = (text ?? '').replace(/\$\([a-z~-]+\)/g, '').match(/[A-Za-z]{3,}/g) ?? [];
    for (const word of words)
      assert.ok(known.has(word.toLowerCase()) || units.has(word) || ofAnId.test(word), `"${word}" in ${text}`);
  }
}

function wordsOf(rows: readonly (Row | undefined)[]): string[] {
  return rows.flatMap((row) => [row?.label, row?.description, row?.tooltip, row?.accessibility].map((text) => text ?? ''));
}

/** What of a page a person reads or hears. */
function readOf(html: string): string[] {
  const spoken = [...html.matchAll(/(?:aria-label|placeholder|title)="([^"]*)"/g)].map(([, text = '']) => text);
  const shown = html
    .replace(/<(style|script)[^]*?<\/\1>/g, '')
    .split(/<[^>]*>/)
    .filter((text) => text.trim() !== '');
  return [...spoken, ...shown].map((text) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))));
}

const states = ['queued', 'running', 'waiting', 'paused', 'done', 'failed', 'cancelled'] as const;
const contentId = 'a'.repeat(64) as ContentId;

test('rows of shares and transfers, the preview of a share and the status', () => {
  const world = {
    isLoaded: true,
    parties: [],
    members: new Map(),
    peers: [peer(1)],
    pending: [],
    requests: [],
    downloads: new DownloadList(states.map((state, at) => download(at + 1, { state, sources: [source(1)] }))),
    uploads: [upload(1)],
    refused: [],
    rates: rates({ downloads: 1, uploads: 1, isSlow: true, secondsLeft: 90 }),
  };
  const rows: (Row | undefined)[] = [];
  for (const state of ['scanning', 'watching', 'paused', 'failed'] as const) {
    for (const node of ownShareNodes([ownShare(1, { state, skippedCounts: { secret: 1, ignored: 2, symlink: 3 } })])) {
      rows.push(sharesRow(node, world), ...detailNodes(node, world, 0).map((detail) => sharesRow(detail, world)));
    }
  }
  for (const group of transferGroups(world))
    rows.push(transferRow(group, world, 0), ...transferChildren(group, world).map((node) => transferRow(node, world, 0)));
  const preview = {
    path: '/',
    title: '-',
    fileCount: 1,
    folderCount: 2,
    totalBytes: 3,
    skippedCounts: { secret: 1, ignored: 1 },
    skipped: [{ path: '-', reason: 'secret' as const, rule: 'credentials' }],
    topLevel: [],
    folders: [],
    secrets: {
      suspects: [{ path: '-', sizeBytes: 1, kinds: ['aws-key' as const], line: 1 }],
      found: 2,
      readFiles: 1,
      unreadFiles: 5,
    },
  };
  const choice = { title: '-', audience: '-', leftOut: new Set<string>() };
  const texts = [
    ...wordsOf(rows),
    ...previewRows(preview, choice, '/').flatMap(({ label, description, detail }) => [label, description ?? '', detail ?? '']),
    previewPage(preview, choice),
    ...(['idle', 'starting', 'lost', 'stopped', 'failed', 'running'] as const).flatMap((state) => {
      const { text, said, details } = statusOf(state, world);
      return [text, said, ...details];
    }),
  ];
  assert.ok(texts.length > 100);
  holdNoEnglish(texts, { world: { ...world, downloads: [...world.downloads] }, share: ownShare(1) });
});

test('the inbox, the outbox and drop boxes', () => {
  const facts = {
    ...{ peerId: peerId(1), name: '-', text: '-', fileCount: 2, folderCount: 1, totalBytes: 2048, expiresAtMs: 1e12 },
    items: [{ name: '-', kind: 'file' as const, fileCount: 1, sizeBytes: 2048 }],
    isOnline: true,
  };
  const incoming = (['offered', 'accepted', 'done', 'declined', 'withdrawn', 'expired', 'failed'] as const).map(
    (state, at): IncomingOffer => ({
      ...{ ...facts, state, derivedName: '-', receivedAtMs: 1, downloadIds: [] as DownloadId[] },
      offerId: `${at}`.repeat(26) as OfferId,
    }),
  );
  const outgoing = (['waiting', 'offered', 'accepted', 'delivered', 'declined', 'withdrawn', 'expired'] as const).map(
    (state, at): OutgoingOffer => ({
      ...{ ...facts, state, paths: ['/'], createdAtMs: 1, isOnline: false },
      offerId: `${at}`.repeat(26) as OfferId,
    }),
  );
  const box: DropBox = {
    ...{ dropBoxId: '-', folder: '/', audience: { everyone: false, partyIds: [], peerIds: [peerId(1)] } },
    ...{ quotaBytes: 1024, usedBytes: 0, addedAtMs: 1 },
  };
  const lists = { incoming, outgoing, dropBoxes: [box, { ...box, audience: { everyone: true, partyIds: [], peerIds: [] } }] };
  const below = (node: OffersNode): OffersNode[] => [node, ...offerChildren(node, lists).flatMap(below)];
  const rows = offerGroups(lists)
    .flatMap(below)
    .map((node) => offerRow(node, lists, { parties: [], peers: [] }));
  assert.ok(rows.length > 20);
  holdNoEnglish([...wordsOf(rows), offerNews(incoming)], { ids: [peerId(1)] });
});

test('a comparison', () => {
  const entry = { peerId: peerId(1), shareId: shareId(1), path: '' };
  const file = { sizeBytes: 2048, mtimeMs: 0 };
  const all = compareStates.map((state): ComparedEntry => ({
    path: '-',
    kind: 'file',
    state,
    left: file,
    right: file,
    ...(state === 'moved' && { movedFrom: '-' }),
  }));
  const none = { files: 0, bytes: 0 };
  const shown: ShownComparison = {
    comparison: {
      ...{ compareId: '-', left: { folder: '/' }, right: { entry }, leftTotal: none, rightTotal: none },
      totals: Object.fromEntries(compareStates.map((state) => [state, none])) as Record<CompareState, typeof none>,
      ...{ folders: { onlyLeft: 1, onlyRight: 1 }, skipped: 1, unresolved: 1 },
    },
    left: { side: { folder: '/' }, name: '-' },
    right: { side: { entry }, name: '-' },
    pages: new Map(all.map((each) => [each.state, { entries: [each], total: 2 }])),
  };
  const groups = compareGroups(shown);
  const nodes = [...groups, ...groups.flatMap((group) => compareChildren(shown, group))];
  assert.ok(nodes.length > 10);
  holdNoEnglish([...wordsOf(nodes.map((node) => compareRow(node, shown))), compareMessage(shown)], entry);
});

test('the page of a link file', () => {
  const link: LinkContents = {
    ...{ title: '-', kind: 'folder', files: [{ path: '-', sizeBytes: 2048, contentId }], folders: ['-'], creator: '-' },
    hints: { entries: [{ peerId: peerId(1), shareId: shareId(1), path: '' }], parties: ['-'] },
  };
  const status: LinkStatus = {
    ...{ hereFiles: 1, hereBytes: 1, onlineFiles: 1, onlineBytes: 1, missingFiles: 1, lookedAt: 1, files: [] },
    summary: {
      form: 'link',
      title: '-',
      kind: 'folder',
      fileCount: 5,
      totalBytes: 5,
      isComplete: true,
      hints: link.hints,
      warnings: [],
    },
    peers: Array.from({ length: 8 }, (_, at) => ({ peerId: peerId(at), name: '-', isOnline: at % 2 === 0, files: 1 })),
  };
  const found = { sameFiles: 1, changedFiles: 1, missingFiles: 1, unreadableFiles: 1, checkedBytes: 1, differences: [] };
  const verified = (['same', 'changed', 'missing', 'unreadable'] as const).map((each) => ({ verified: each }));
  const rows = [{}, ...verified].map((facts) => linkRow({ path: '-', sizeBytes: 1, contentId }, facts));
  holdNoEnglish(
    [
      ...linkFacts(link, () => undefined),
      ...statusLines(status),
      ...[
        ...verificationLines(found, '/'),
        ...verificationLines({ ...found, changedFiles: 0, missingFiles: 0, unreadableFiles: 0 }, '/'),
      ],
      ...rows.flatMap(({ said, action }) => [said, action?.label]),
    ],
    { ids: [peerId(1)] },
  );
});

test('the board, viewers and marks', () => {
  const names = new Map([[peerId(1), '-']]);
  const rows = [
    ...states.map((state, at) => downloadAsRow(download(at + 1, { state, sources: [source(1)] }), names)),
    uploadAsRow(upload(1), 0),
  ];
  const marks = [
    shareMark({ state: 'root' }),
    ...(['secret', 'ignored', 'symlink'] as const).map((reason) => shareMark({ state: 'excluded', reason })),
    folderMark(download(1, { kind: 'folder', state: 'done', finishedAtMs: 0 })),
    ...[queuedMark(), ...(['verified', 'stale'] as const).map((state) => heldMark({ state, localPath: '-' }))],
  ];
  const page = boardPage({ nonce: '-', session: '-', scriptUri: '-', styleUri: '-', source: '-' });
  holdNoEnglish(
    [
      ...rows.flatMap(({ name, said }) => [name, said]),
      ...[...Object.values(boardTexts()), ...Object.values(viewerTexts(1024))],
      ...marks.map((mark) => mark?.tooltip),
      ...readOf(page),
    ],
    [download(1), upload(1), source(1), 'Potluck'],
  );
});

test('the page of a file', () => {
  const entry = { peerId: peerId(1), shareId: shareId(1), path: '-' };
  const facts: FileFacts = {
    ...{ entry, name: '-', kind: 'file', sizeBytes: 1234, mtimeMs: 0, owner: { name: '-', isOwn: false, isOnline: false } },
    ...{ shareTitle: '-', contentId, mayHaveMore: true, copies: [], history: [], historyTotal: 0, link: '-' },
    holders: [{ peerName: '-', path: ['-'], isOwn: false, isOnline: true }],
  };
  const moved: HistoryEntry = {
    ...{
      direction: 'download',
      peerId: peerId(1),
      peerName: '-',
      shareId: shareId(1),
      path: '',
      kind: 'folder',
      outcome: 'done',
    },
    ...{ bytes: 0, files: 1, startedAtMs: 0, endedAtMs: 0 },
  };
  const pages: FileFacts[] = [
    facts,
    { ...facts, copies: [{ path: '/', isStale: true }], owner: { name: '-', isOwn: true, isOnline: true }, isGone: true },
    {
      ...facts,
      wrongContentId: contentId,
      history: [moved, { ...moved, direction: 'upload', outcome: 'failed' }],
      historyTotal: 9,
    },
  ];
  holdNoEnglish(
    pages.flatMap((each) => readOf(filePage(each, '-', 0))),
    [contentId, entry],
  );
});
