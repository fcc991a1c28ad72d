// potluck.sidecar.* and the menu behind the status bar item.

import * as vscode from 'vscode';
import type { CommandTable, Services } from '../services.ts';
import { formatPeers, t } from '../text.ts';
import { confirm } from './picks.ts';

export function sidecarCommands(services: Services): CommandTable {
  const { sidecar, world, log } = services;
  return {
    'sidecar.restart': async () => {
      await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: t('Restarting Potluck…') }, () =>
        sidecar.restart(),
      );
    },

    'sidecar.stop': async () => {
      const detail = t(
        'Every window and the command line lose it: peers go offline for you, transfers pause and go on with the next start.',
      );
      if (await confirm(t('Stop the Potluck sidecar?'), detail, t('Stop'))) await sidecar.stop();
    },

    'sidecar.showLog': () => log.show(),

    'settings.open': () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:potluck.potluck'),

    'menu.show': async () => {
      const item = (
        icon: string,
        label: string,
        command: string,
        description?: string,
      ): vscode.QuickPickItem & { command: string } => ({
        label: `$(${icon}) ${label}`,
        command,
        ...(description === undefined ? {} : { description }),
      });
      const isRunning = sidecar.state === 'running';
      const online = world.peers.filter(({ isOnline }) => isOnline).length;
      const items = [
        item(
          'organization',
          t('Show Peers'),
          'potluck.peers.focus',
          isRunning ? t('{0} online', formatPeers(online)) : undefined,
        ),
        ...(world.requests.length === 0
          ? []
          : [item('person-add', t('Let In…'), 'potluck.access.grant', formatPeers(world.requests.length))]),
        item('search', t('Find Files…'), 'potluck.search.find'),
        item('arrow-swap', t('Show Transfers'), 'potluck.transfers.focus'),
        item('cloud-download', t('Download…'), 'potluck.download.add'),
        item('dashboard', t('Slow Mode'), 'potluck.transfers.slow', world.rates?.isSlow === true ? t('on') : t('off')),
        item('root-folder', t('Share a Folder…'), 'potluck.share.add'),
        item('sign-in', t('Join a Party…'), 'potluck.party.join'),
        item('add', t('Create a Party'), 'potluck.party.create'),
        item('person-add', t('Invite to a Party…'), 'potluck.invite.create'),
        item('mail-read', t('Accept an Invite or Code…'), 'potluck.code.accept'),
        item('link', t('My Code'), 'potluck.code.mine'),
        item('plug', t('Connect to a Peer…'), 'potluck.peer.connect'),
        item('key', t('Copy My Key'), 'potluck.identity.copyKey'),
        item('pulse', t('Network: What Works'), 'potluck.network.diagnose'),
        item('gear', t('Settings'), 'potluck.settings.open'),
        item('output', t('Show Log'), 'potluck.sidecar.showLog'),
        item('debug-restart', isRunning ? t('Restart Sidecar') : t('Start Sidecar'), 'potluck.sidecar.restart'),
        ...(isRunning ? [item('debug-stop', t('Stop Sidecar'), 'potluck.sidecar.stop')] : []),
      ];
      const chosen = await vscode.window.showQuickPick(items, { title: 'Potluck' });
      if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command);
    },
  };
}
