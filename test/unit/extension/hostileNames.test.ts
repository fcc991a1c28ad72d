// Names as an attacker would choose them, through every surface: trees, their tooltips and what a screen reader says, quick picks, notifications,
// pages, marks, and terminals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry, SharePreview } from '../../../src/protocol/model.ts';
import { safeText } from '../../../src/cli/terminalText.ts';
import { historyRow } from '../../../src/extension/commands/historyRows.ts';
import { inviteRow, pendingRow } from '../../../src/extension/commands/inviteRows.ts';
import { previewPage } from '../../../src/extension/commands/previewPage.ts';
import { previewRows } from '../../../src/extension/commands/sharePreview.ts';
import { DownloadList } from '../../../src/extension/downloadList.ts';
import { shareMark } from '../../../src/extension/decorations/marks.ts';
import { displayName, iconSafeName, longDisplayName, messageName } from '../../../src/extension/displayText.ts';
import { foundRows, startRows } from '../../../src/extension/search/findRows.ts';
import { choiceRows } from '../../../src/extension/views/audienceChoice.ts';
import { endedNews } from '../../../src/extension/views/downloadNews.ts';
import { entryTooltip } from '../../../src/extension/views/entryTooltip.ts';
import { hitRow } from '../../../src/extension/views/hitRow.ts';
import { entryNodes, rootNodes, rowOf, type PeersNode } from '../../../src/extension/views/peersModel.ts';
import { requestNews } from '../../../src/extension/views/requestRow.ts';
import type { Row } from '../../../src/extension/views/row.ts';
import { detailNodes, ownShareNodes, sharesRow } from '../../../src/extension/views/sharesModel.ts';
import { transferChildren, transferGroups, transferRow } from '../../../src/extension/views/transfersModel.ts';
import { newsText, watchesRow } from '../../../src/extension/views/watchesModel.ts';
import * as worlds from './worlds.ts';

const names: Record<string, string> = {
  'right-to-left override': 'holiday\u202egpj.exe',
  'isolates and marks': '\u2066a\u2069\u200e\u200f\u061c',
  'zero width characters': 'pay\u200bpal\u2060\ufeff',
  'terminal escapes': '\u001b]8;;http://example.invalid\u0007\u001b[2J\u009b31m',
  'newlines and NUL': 'a\nb\r\nc\u2028d\0e',
  icons: '$(flame) $(squirrel~spin)',
  'Markdown links': '[Click](command:workbench.action.terminal.new) ![x](https://example.invalid/x.png)',
  HTML: '<img src=x onerror="alert(1)"><script>1</script>',
  'a command link': 'command:workbench.action.quit',
  '64 KB': 'y'.repeat(65_536),
  'lone surrogates': 'a\ud800b\udc00',
};

/** Nothing that moves, hides or paints. Line ends only where there are several lines. */
const unsafe = /(?![\n])[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

function assertHarmless(text: string, what: string, maxCharacters = 1500): void {
  assert.doesNotMatch(text, unsafe, what);
  assert.ok(text.isWellFormed(), what);
  assert.ok(text.length <= maxCharacters, `${what} is ${text.length} long`);
}

/** Quick picks draw `$(icon)`: whatever stands after the one of ours must be escaped. */
function assertNoIcons(text: string, what: string): void {
  assert.doesNotMatch(text, /(?<!\\)\$\((?:flame|squirrel)/, what);
}

function treeRows(evil: string): Row[] {
  const now = Date.now();
  const world = {
    isLoaded: true,
    parties: [worlds.party(1, { name: evil })],
    members: new Map([[worlds.partyId(1), [worlds.member(2, { name: evil })]]]),
    peers: [worlds.peer(1, { name: evil, nickname: evil, partyIds: [worlds.partyId(1)] })],
    pending: [worlds.pendingInvite(1, { name: evil })],
    requests: [worlds.accessRequest(3, { name: evil, text: evil })],
    downloads: new DownloadList([
      worlds.download(1, {
        name: evil,
        state: 'running',
        sources: [worlds.source(1, { name: evil, state: 'refused', reason: evil })],
      }),
      worlds.download(2, { name: evil, state: 'failed', failure: { kind: 'io', message: evil } }),
    ]),
    uploads: [worlds.upload(1, { name: evil, path: evil })],
    refused: [{ peerId: worlds.peerId(4), name: evil, reason: evil }],
    rates: worlds.rates(),
  };
  const root = { peerId: worlds.peerId(1), shareId: worlds.shareId(1), path: '' };
  const peerNode = { kind: 'peer', id: 'p', peerId: worlds.peerId(1) } as const;
  const share = worlds.catalogShare(1, { title: evil });
  const shareNode = { kind: 'share', id: 'p/s', parent: peerNode, share, entry: root } as const;
  const page = { entries: [worlds.file(evil), worlds.folder(evil)], total: 2 };
  const nodes: PeersNode[] = [...rootNodes(world), shareNode, ...entryNodes(root, page, shareNode)];
  const transfers = transferGroups(world).flatMap((group) => [group, ...transferChildren(group, world)]);
  const own = ownShareNodes([worlds.ownShare(1, { title: evil, state: 'failed', failure: { kind: 'io', message: evil } })]);
  const watch = worlds.watchedSearch(1, { query: evil });
  return [
    ...nodes.map((node) => rowOf(node, world, now)),
    ...transfers.map((node) => transferRow(node, world, now)),
    ...own.flatMap((node) => [
      sharesRow(node, world),
      ...detailNodes(node, world, now).map((detail) => sharesRow(detail, world)),
    ]),
    hitRow('h', worlds.hit(evil), now),
    watchesRow({ kind: 'watch', id: 'w', watchId: watch.watchId }, [watch], now),
  ].filter((row) => row !== undefined);
}

function quickPickTexts(evil: string): string[] {
  const now = Date.now();
  const party = worlds.party(1, { name: evil });
  const peer = worlds.peer(1, { name: evil, nickname: evil });
  const preview: SharePreview = {
    path: `/${evil}`,
    title: evil,
    fileCount: 1,
    folderCount: 1,
    totalBytes: 1,
    skippedCounts: { ignored: 1 },
    skipped: [{ path: evil, reason: 'ignored', rule: evil }],
    topLevel: [worlds.file(evil), worlds.folder(evil)],
    folders: [{ path: `${evil}/${evil}`, fileCount: 1, totalBytes: 1 }],
    secrets: {
      suspects: [{ path: evil, sizeBytes: 1, kinds: ['private-key'], line: 1 }],
      found: 1,
      readFiles: 1,
      unreadFiles: 0,
    },
  };
  const entry: HistoryEntry = {
    direction: 'download',
    peerId: worlds.peerId(1),
    peerName: evil,
    shareId: worlds.shareId(1),
    path: evil,
    kind: 'file',
    outcome: 'failed',
    bytes: 1,
    files: 1,
    startedAtMs: 0,
    endedAtMs: 1,
    destination: `/${evil}`,
    failure: { kind: 'io', message: evil },
  };
  const rows: object[] = [
    ...previewRows(preview, { title: evil, audience: evil, leftOut: new Set() }, '/root'),
    ...choiceRows({ everyone: false, partyIds: [], peerIds: [] }, { parties: [party], peers: [peer] }),
    ...foundRows(
      { query: 'x', pageQuery: 'x', page: worlds.searchPage([worlds.hit(evil)]), isAsking: false, live: [], isAskingLive: false },
      now,
    ),
    ...startRows([evil], [worlds.watchedSearch(1, { query: evil })]),
    inviteRow(worlds.invite(1, { partyName: evil, label: evil })),
    pendingRow(worlds.pendingInvite(1, { name: evil })),
    historyRow(entry, now),
  ];
  for (const line of previewPage(preview, { leftOut: new Set() }).split('\n')) assertHarmless(line, 'the page', 2600);
  const shown = ['label', 'description', 'detail'] as const;
  return rows
    .flatMap((row) => shown.map((key) => ({ ...row })[key as never] as unknown))
    .filter((text) => typeof text === 'string');
}

for (const [what, evil] of Object.entries(names)) {
  test(`${what}: harmless in every tree, its tooltip, and what is read out`, () => {
    const rows = treeRows(evil);
    assert.ok(rows.length > 15);
    for (const { label, description, tooltip, accessibility, id } of rows) {
      const oneLine = [label, description ?? '', accessibility];
      for (const text of oneLine) {
        assertHarmless(text, id.slice(0, 40));
        assert.ok(!text.includes('\n'), id.slice(0, 40));
      }
      assertHarmless(tooltip ?? '', id.slice(0, 40), 6000);
      assert.notEqual(accessibility.trim(), '', id.slice(0, 40));
      assert.notEqual(label.trim(), '', id.slice(0, 40));
    }
    const details = { mime: evil, fields: { title: evil, text: `${evil}\n${evil}` } };
    assertHarmless(entryTooltip('known', details), 'tooltip of an entry', 6000);
  });

  test(`${what}: harmless in quick picks and pages`, () => {
    const texts = quickPickTexts(evil);
    assert.ok(texts.length > 20);
    for (const text of texts) {
      assertHarmless(text, text.slice(0, 40));
      assert.ok(!text.includes('\n'));
      assertNoIcons(text, text.slice(0, 60));
    }
    assertNoIcons(iconSafeName(evil), 'iconSafeName');
  });

  test(`${what}: harmless in notifications`, () => {
    const told = [
      endedNews([worlds.download(1, { name: evil, state: 'done' })])?.text,
      endedNews([worlds.download(1, { name: evil, state: 'failed', failure: { kind: 'io', message: evil } })])?.text,
      newsText([worlds.watchedSearch(1, { query: evil, newCount: 1 })]),
      requestNews([worlds.accessRequest(1, { name: evil, text: evil })]),
    ];
    for (const text of told) {
      if (text === undefined) continue;
      const shown = messageName(text, 500);
      assertHarmless(shown, shown.slice(0, 40));
      assert.doesNotMatch(shown, /\[[^\]]*\]\(/, 'a link');
    }
  });

  test(`${what}: harmless in marks and terminals`, () => {
    assertHarmless(shareMark({ state: 'excluded', reason: 'ignored', rule: evil })?.tooltip ?? '', 'mark', 300);
    assert.doesNotMatch(safeText(evil), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    for (const show of [displayName, longDisplayName]) assertHarmless(show(evil), show.name, 2000);
  });
}
