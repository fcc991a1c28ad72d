// What commands and views are handed: one of each, made in extension.ts.

import type * as vscode from 'vscode';
import type { Entry, EntryRef } from '../protocol/model.ts';
import type { BoardPanel } from './board/boardPanel.ts';
import type { PotluckFileSystem } from './files/fileSystem.ts';
import type { OpenAllowance } from './files/openAllowance.ts';
import type { FindFiles } from './search/findFiles.ts';
import type { Messages } from './messages.ts';
import type { ShowReport } from './reports.ts';
import type { Offers } from './sending/offers.ts';
import type { Sidecar } from './sidecar.ts';
import type { CodePanel } from './views/codePanel.ts';
import type { PeersView } from './views/peersView.ts';
import type { ResultsModel } from './views/resultsModel.ts';
import type { World } from './world.ts';

export interface Services {
  sidecar: Sidecar;
  world: World;
  fileSystem: PotluckFileSystem;
  allowance: OpenAllowance;
  messages: Messages;
  peersView: PeersView;
  findFiles: FindFiles;
  results: ResultsModel;
  /** Shows an entry of a peer in the Peers view, all the way down to it. */
  reveal: (entry: EntryRef, info: Entry) => Promise<void>;
  /** A read-only text in an editor. */
  showReport: ShowReport;
  /** The page that shows everything at once. */
  board: BoardPanel;
  /** Shows codes, and makes links of them. */
  codePanel: CodePanel;
  /** Got and made, and drop boxes. */
  offers: Offers;
  log: vscode.LogOutputChannel;
  /** `publisher.name`: in links that open the editor. */
  extensionId: string;
}

/** A command: its id without the `potluck.` prefix, and what it does. Arguments come from anyone and are checked by the handler. */
export type CommandTable = Record<string, (...args: unknown[]) => unknown>;
