// Potluck: Find Files, a quick pick with the manners of Ctrl+P: every key asks, Enter opens, the rest is a key or a button away. What rows
// say is findRows.ts, what is asked is searchSession.ts; what is done with a hit are the commands potluck.entry.*.

import * as vscode from 'vscode';
import type { SearchHit, WatchedSearch } from '../../protocol/model.ts';
import { revealedQuery, uriPartsOf } from '../files/uris.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import { setContext } from '../views/contexts.ts';
import { findRowKey, findTitle, foundRows, startRows, type FindRow } from './findRows.ts';
import type { RecentSearches } from './recentSearches.ts';
import { SearchSession, type SearchState } from './searchSession.ts';

export type FindAction = 'open' | 'download' | 'reveal' | 'copyLink';

interface Button extends vscode.QuickInputButton {
  run: () => unknown;
}

/** `resourceUri` (with File or Folder as its icon: what the icon theme draws) came with a later API than the oldest VS Code we run on. */
interface Item extends vscode.QuickPickItem {
  row: FindRow;
  resourceUri?: vscode.Uri;
  buttons?: readonly Button[];
}

export interface FindFilesOptions {
  recent: RecentSearches;
  watches(): readonly WatchedSearch[];
  /** Opens the results view with the query. */
  showAll(query: string): unknown;
  showWatch(watch: WatchedSearch): unknown;
  addWatch(query: string): unknown;
  onFailure(error: unknown): void;
}

const isMac = process.platform === 'darwin';
/** As bound in package.json; a browser's platform may differ from the host's, then the words are a near miss. */
const keys: Record<Exclude<FindAction, 'open'>, string> = {
  download: isMac ? '⌘↩' : 'Ctrl+Enter',
  reveal: isMac ? '⌥↩' : 'Alt+Enter',
  copyLink: isMac ? '⌥⌘C' : 'Ctrl+Alt+C',
};

export class FindFiles {
  readonly #sidecar: Sidecar;
  readonly #options: FindFilesOptions;
  #open: OpenPick | undefined;

  constructor(sidecar: Sidecar, options: FindFilesOptions) {
    this.#sidecar = sidecar;
    this.#options = options;
  }

  show(query = ''): void {
    this.#open?.hide();
    const open: OpenPick = new OpenPick(this.#sidecar, this.#options, query, () => {
      // The one before is told that it was hidden only after the next one is there.
      if (this.#open !== open) return;
      this.#open = undefined;
      void setContext('isFinding', false);
    });
    this.#open = open;
    void setContext('isFinding', true);
  }

  /** What a key does with the row in front; nothing while Find Files is closed. */
  act(action: FindAction): void {
    this.#open?.act(action);
  }

  /** The query as typed, while Find Files is open. */
  get query(): string | undefined {
    return this.#open?.query;
  }

  hide(): void {
    this.#open?.hide();
  }
}

/** Whether this VS Code takes `resourceUri`; found out by the first list of hits. */
let takesResourceUri = true;

class OpenPick {
  readonly #options: FindFilesOptions;
  readonly #pick = vscode.window.createQuickPick<Item>();
  readonly #session: SearchSession;
  #drawn: SearchState | undefined;
  /** Enter was pressed before the newest answer was here: it means the first row of that. */
  #isAccepting = false;

  constructor(sidecar: Sidecar, options: FindFilesOptions, query: string, onHide: () => void) {
    this.#options = options;
    this.#session = new SearchSession(sidecar, (state) => this.#draw(state));
    const pick = this.#pick;
    // Own order, and separators where they belong. Not in the typings; where it is not known, VS Code sorts by its own idea.
    Object.assign(pick, { sortByLabel: false });
    pick.placeholder = t('Words of the name or folder. Also: "a phrase", -not, ext:pdf, size>10mb, newer:7d, peer:name');
    pick.value = query.slice(0, limits.queryCharacters);
    pick.onDidChangeValue((value) => {
      this.#isAccepting = false;
      void this.#session.search(value);
    });
    pick.onDidAccept(() => this.#accept());
    pick.onDidTriggerItemButton(({ button }) => (button as Button).run());
    pick.onDidTriggerButton((button) => (button as Button).run());
    pick.onDidHide(() => {
      this.#session.dispose();
      pick.dispose();
      onHide();
    });
    this.#draw(this.#session.state);
    pick.show();
    if (query !== '') void this.#session.search(query);
  }

  get query(): string {
    return this.#pick.value;
  }

  hide(): void {
    this.#pick.hide();
  }

  act(action: FindAction): void {
    const row = this.#pick.activeItems[0]?.row;
    if (row?.kind === 'hit') this.#act(action, row.hit);
  }

  #act(action: FindAction, hit: SearchHit): void {
    this.#remember();
    const { entry } = hit;
    switch (action) {
      case 'open':
        this.hide();
        run(hit.kind === 'folder' ? 'potluck.entry.reveal' : 'potluck.entry.open', entry);
        return;
      case 'reveal':
        this.hide();
        run('potluck.entry.reveal', entry);
        return;
      case 'download':
        if (!hit.isOwn) run('potluck.entry.download', entry);
        return;
      case 'copyLink':
        run('potluck.entry.copyPath', entry);
        return;
    }
  }

  #accept(): void {
    if (this.#session.state.isAsking) {
      this.#isAccepting = true;
      return;
    }
    const row = this.#pick.activeItems[0]?.row;
    switch (row?.kind) {
      case 'hit':
        this.#act('open', row.hit);
        return;
      case 'recent':
        this.#pick.value = row.query;
        void this.#session.search(row.query);
        return;
      case 'watch':
        this.hide();
        this.#options.showWatch(row.watch);
        return;
      case 'showAll':
        this.#showAll();
        return;
      case 'note':
      case 'separator':
      case undefined:
        return;
    }
  }

  #showAll(): void {
    this.#remember();
    const { query } = this;
    this.hide();
    this.#options.showAll(query);
  }

  #remember(): void {
    this.#options.recent.add(this.query).then(undefined, (error: unknown) => this.#options.onFailure(error));
  }

  #draw(state: SearchState): void {
    const pick = this.#pick;
    pick.busy = state.isAsking || state.isAskingLive;
    const before = this.#drawn;
    this.#drawn = state;
    const isSame =
      before !== undefined &&
      before.page === state.page &&
      before.failure === state.failure &&
      before.live === state.live &&
      before.isAskingLive === state.isAskingLive &&
      (before.query === '') === (state.query === '');
    if (!isSame) {
      pick.title = findTitle(state);
      pick.buttons = this.#buttons(state);
      // Rows that come later to the same answer must not take the place of the row in front.
      this.#put(before?.pageQuery === state.pageQuery, this.#rows(state));
    }
    if (this.#isAccepting && !state.isAsking) {
      this.#isAccepting = false;
      const first = pick.items.find(({ row }) => row.kind !== 'separator');
      if (first?.row.kind === 'hit') this.#act('open', first.row.hit);
    }
  }

  #rows(state: SearchState): FindRow[] {
    if (state.query !== '') return foundRows(state, Date.now());
    return startRows(this.#options.recent.list(), this.#options.watches());
  }

  #put(keepsPlace: boolean, rows: readonly FindRow[]): void {
    const pick = this.#pick;
    const front = keepsPlace ? pick.activeItems[0]?.row : undefined;
    const frontKey = front === undefined ? undefined : findRowKey(front);
    pick.keepScrollPosition = keepsPlace;
    const items = rows.map((row) => this.#item(row));
    try {
      pick.items = items;
    } catch (error) {
      // Refused as an API that is not open to us yet: codicons then.
      if (!takesResourceUri) throw error;
      takesResourceUri = false;
      pick.items = rows.map((row) => this.#item(row));
    }
    const active = frontKey === undefined ? undefined : pick.items.find(({ row }) => findRowKey(row) === frontKey);
    if (active !== undefined) pick.activeItems = [active];
  }

  #item(row: FindRow): Item {
    // VS Code filters and sorts by its own idea of a match: the order is ours, and nothing is hidden.
    switch (row.kind) {
      case 'separator':
        return { row, label: row.label, kind: vscode.QuickPickItemKind.Separator };
      case 'hit':
        return this.#hitItem(row);
      case 'note': {
        const item: Item = { row, label: `$(${row.icon}) ${row.label}`, alwaysShow: true };
        return row.description === undefined ? item : { ...item, description: row.description };
      }
      case 'recent': {
        const forget = async (): Promise<void> => {
          await this.#options.recent.remove(row.query);
          this.#put(true, this.#rows(this.#session.state));
        };
        const buttons = [button('close', t('Forget This Search'), () => void forget())];
        return { row, label: row.label, iconPath: new vscode.ThemeIcon('history'), alwaysShow: true, buttons };
      }
      case 'watch': {
        const iconPath = new vscode.ThemeIcon(row.watch.newCount > 0 ? 'bell-dot' : 'bell');
        return { row, label: row.label, description: row.description, iconPath, alwaysShow: true };
      }
      case 'showAll':
        return { row, label: row.label, iconPath: new vscode.ThemeIcon('list-flat'), alwaysShow: true };
    }
  }

  #hitItem(row: FindRow & { kind: 'hit' }): Item {
    const { hit, label, description, detail } = row;
    const act = (action: FindAction) => (): void => this.#act(action, hit);
    const buttons = [
      ...(hit.kind === 'file' ? [button('go-to-file', t('Open'), act('open'))] : []),
      ...(hit.isOwn ? [] : [button('cloud-download', t('Download ({0})', keys.download), act('download'))]),
      button('list-tree', t('Reveal in Peers ({0})', keys.reveal), act('reveal')),
      button('link', t('Copy Link ({0})', keys.copyLink), act('copyLink')),
    ];
    const item: Item = { row, label, description, detail, alwaysShow: true, buttons };
    if (takesResourceUri) {
      const parts = uriPartsOf(hit.entry);
      item.resourceUri = vscode.Uri.from(isHiddenPath(hit.entry.path) ? { ...parts, query: revealedQuery } : parts);
      item.iconPath = hit.kind === 'folder' ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
    } else item.iconPath = new vscode.ThemeIcon(hit.kind);
    return item;
  }

  #buttons(state: SearchState): Button[] {
    const { recent } = this.#options;
    if (state.query === '') {
      const clear = async (): Promise<void> => {
        await recent.clear();
        this.#put(false, this.#rows(this.#session.state));
      };
      return recent.list().length === 0 ? [] : [button('clear-all', t('Clear Recent Searches'), () => void clear())];
    }
    if (state.failure !== undefined) return [];
    return [
      button('bell', t('Watch This Search'), () => void this.#options.addWatch(this.query)),
      button('list-flat', t('Show All in the Results View'), () => this.#showAll()),
    ];
  }
}

function button(icon: string, tooltip: string, run: () => unknown): Button {
  return { iconPath: new vscode.ThemeIcon(icon), tooltip, run };
}

function run(command: string, ...args: unknown[]): void {
  // Commands of ours tell their failures themselves.
  void vscode.commands.executeCommand(command, ...args);
}
