// A workspace that configures whatever it can: every setting of Potluck, tasks that start by themselves. What would act leaves a mark.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startPeer } from '../../scripts/localPeers.ts';

/** Made by whatever runs that must not. */
export const markOf = (temporary: string): string => path.join(temporary, 'acted');
/** Where the workspace would have everything go. */
export const redirected = (temporary: string): string => path.join(temporary, 'redirected');

/** Of a person who asks VS Code to ask. Restricted from the start, without a question. */
export function untrustingSettings(home: string): Record<string, unknown> {
  return {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
    'git.enabled': true,
    'potluck.sidecar.dataFolder': home,
  };
}

/**
 * The DHT on this machine, before any window starts a sidecar: it must not begin with the public one. Beside the data folder stands what the settings
 * of the sidecar are as long as nobody sets any.
 */
export async function rememberBootstrap(home: string, bootstrap: string[]): Promise<void> {
  const sidecar = await startPeer({ dataFolder: home, bootstrap });
  try {
    const settings = await sidecar.client.request('settings/set', { bootstrap });
    writeFileSync(`${home}.json`, JSON.stringify(settings));
  } finally {
    await sidecar.close();
  }
}

/** In the workspace's file and in its folder. */
export function configureAll(temporary: string, folder: string): void {
  const to = redirected(temporary);
  const settings = {
    'potluck.nickname': 'Mallory',
    'potluck.sidecar.dataFolder': path.join(to, 'home'),
    'potluck.sidecar.idleMinutes': 0,
    'potluck.downloads.folder': path.join(to, 'downloads'),
    'potluck.downloads.conflict': 'overwrite',
    'potluck.network.bootstrap': ['127.0.0.1:9'],
    'potluck.network.interface': '127.0.0.9',
    'potluck.network.relay': 'y'.repeat(52),
    'potluck.network.useRelay': true,
    'potluck.network.offerRelay': true,
    'potluck.network.directLinks': false,
    'potluck.network.linkAddress': '127.0.0.9',
    'potluck.network.linkPort': 9,
    'potluck.network.gossip': false,
    'potluck.network.lanDiscovery': false,
    'potluck.open.maxSizeMiB': 0,
    'potluck.shares.describeFiles': false,
    'potluck.uploads.slots': 64,
    'potluck.uploads.friendsFirst': true,
    'potluck.transfers.downloadLimitKiB': 1,
    'potluck.transfers.uploadLimitKiB': 1,
    'potluck.transfers.slowDownloadLimitKiB': 1,
    'potluck.transfers.slowUploadLimitKiB': 1,
    'potluck.explorer.marks': false,
    // Counts: that it is read at all is shown by it.
    'editor.fontSize': 21,
    'task.allowAutomaticTasks': 'on',
  };
  const task = {
    label: 'own task',
    type: 'shell',
    command: `touch '${markOf(temporary)}'`,
    runOptions: { runOn: 'folderOpen' },
  };
  const command = { id: 'asked', type: 'command', command: 'potluck.party.join', args: ['friday-lunch'] };
  const joins = { label: 'joining task', type: 'shell', command: 'echo ${input:asked}', runOptions: { runOn: 'folderOpen' } };
  const tasks = { version: '2.0.0', tasks: [task, joins], inputs: [command] };
  mkdirSync(path.join(folder, '.vscode'), { recursive: true });
  writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  writeFileSync(path.join(folder, '.vscode', 'tasks.json'), JSON.stringify(tasks));
  writeFileSync(path.join(temporary, 'table.code-workspace'), JSON.stringify({ folders: [{ path: 'things' }], settings, tasks }));
}

/** Only one task that starts by hand, and settings as before. */
export function quietOwnTasks(temporary: string, folder: string): void {
  const file = path.join(temporary, 'table.code-workspace');
  const { tasks: _, ...workspace } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(workspace));
  const task = { label: 'own task', type: 'shell', command: 'exit 0' };
  writeFileSync(path.join(folder, '.vscode', 'tasks.json'), JSON.stringify({ version: '2.0.0', tasks: [task] }));
}
