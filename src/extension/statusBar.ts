// One status bar item: who is here and what is moving. A click shows the transfers while there are some, else the menu.

import * as vscode from 'vscode';
import type { Sidecar } from './sidecar.ts';
import { statusOf } from './statusText.ts';
import type { World } from './world.ts';

export function registerStatusBar(sidecar: Sidecar, world: World): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('potluck.status', vscode.StatusBarAlignment.Left, 0);
  item.name = 'Potluck';

  let drawn = '';

  function draw(): void {
    const status = statusOf(sidecar.state, world);
    // The world changes often, this seldom.
    const now = JSON.stringify(status);
    if (now === drawn) return;
    drawn = now;
    const { text, said, details, isProblem, isMoving } = status;
    item.text = text;
    item.tooltip = [said, ...details].join('\n');
    item.accessibilityInformation = { label: [said, ...details].join(', '), role: 'button' };
    item.backgroundColor = isProblem ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.command = isMoving ? 'potluck.transfers.focus' : 'potluck.menu.show';
  }

  draw();
  item.show();
  return vscode.Disposable.from(item, world.onDidChange(draw), sidecar.onDidChangeState(draw));
}
