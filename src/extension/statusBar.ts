// One status bar item: who is here, what is moving, and the menu behind it.

import * as vscode from 'vscode';
import type { Sidecar } from './sidecar.ts';
import { formatCount, formatPeers, formatRate, t } from './text.ts';
import { activeDownloads } from './views/transfersModel.ts';
import type { World } from './world.ts';

export function registerStatusBar(sidecar: Sidecar, world: World): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('potluck.status', vscode.StatusBarAlignment.Left, 0);
  item.name = 'Potluck';
  item.command = 'potluck.menu.show';

  function draw(): void {
    const { text, said, isProblem } = statusOf(sidecar, world);
    item.text = text;
    item.tooltip = said;
    item.accessibilityInformation = { label: said, role: 'button' };
    item.backgroundColor = isProblem ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  }

  draw();
  item.show();
  return vscode.Disposable.from(item, world.onDidChange(draw), sidecar.onDidChangeState(draw));
}

function statusOf(sidecar: Sidecar, world: World): { text: string; said: string; isProblem: boolean } {
  switch (sidecar.state) {
    case 'idle':
      return { text: '$(broadcast)', said: t('Potluck: not started yet'), isProblem: false };
    case 'starting':
      return { text: '$(loading~spin)', said: t('Potluck: starting'), isProblem: false };
    case 'lost':
      return { text: '$(loading~spin)', said: t('Potluck: the sidecar stopped and is started again'), isProblem: false };
    case 'stopped':
      return { text: '$(broadcast) $(debug-stop)', said: t('Potluck: stopped'), isProblem: false };
    case 'failed':
      return { text: '$(broadcast) $(warning)', said: t('Potluck: the sidecar does not run'), isProblem: true };
    case 'running': {
      const online = world.peers.filter(({ isOnline }) => isOnline).length;
      const active = activeDownloads(world.downloads);
      const text = [`$(broadcast) ${formatCount(online)}`];
      const said = [t('Potluck: {0} online', formatPeers(online))];
      if (active.length > 0) {
        const rate = active.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
        text.push(`$(cloud-download) ${formatCount(active.length)}`);
        said.push(t('downloading {0}, {1}', formatCount(active.length), formatRate(rate)));
      }
      if (world.uploads.length > 0) {
        text.push(`$(cloud-upload) ${formatCount(world.uploads.length)}`);
        said.push(t('uploading {0}', formatCount(world.uploads.length)));
      }
      return { text: text.join(' '), said: said.join(', '), isProblem: false };
    }
  }
}
