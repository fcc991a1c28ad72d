// Rows as VS Code's TreeItems. Text in rows is plain: never Markdown, so nothing a peer names can become a link or an icon.

import * as vscode from 'vscode';
import { t } from '../text.ts';
import type { Row } from './row.ts';

const states = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

/** `node` is what a click's command gets as its argument, unless it opens the row's URI. */
export function treeItemOf(row: Row, node: unknown): vscode.TreeItem {
  const item = new vscode.TreeItem(labelOf(row), states[row.children]);
  item.id = row.id;
  item.contextValue = row.context;
  item.accessibilityInformation = { label: row.accessibility };
  if (row.description !== undefined) item.description = row.description;
  if (row.tooltip !== undefined) item.tooltip = row.tooltip;
  if (row.uri !== undefined) item.resourceUri = vscode.Uri.from(row.uri);
  item.iconPath = iconOf(row);
  if (row.command?.kind === 'open' && item.resourceUri !== undefined) {
    item.command = { command: 'vscode.open', title: t('Open'), arguments: [item.resourceUri] };
  } else if (row.command?.kind === 'run') {
    item.command = { command: row.command.command, title: row.command.title, arguments: [node] };
  }
  return item;
}

function labelOf({ label, highlights }: Row): string | vscode.TreeItemLabel {
  return highlights === undefined ? label : { label, highlights };
}

function iconOf(row: Row): vscode.ThemeIcon {
  if (row.icon === 'theme-file') return vscode.ThemeIcon.File;
  if (row.icon === 'theme-folder') return vscode.ThemeIcon.Folder;
  return row.color === undefined
    ? new vscode.ThemeIcon(row.icon)
    : new vscode.ThemeIcon(row.icon, new vscode.ThemeColor(row.color));
}
