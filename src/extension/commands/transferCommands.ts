// potluck.transfers.* and potluck.upload.*: limits of rate, what was transferred before, and who is given nothing.

import * as vscode from 'vscode';
import type { RefusedPeer, Settings } from '../../protocol/model.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { displayName, iconSafeName, messageName } from '../displayText.ts';
import { limitSettings } from '../explicitSettings.ts';
import { invalidArgument } from '../failures.ts';
import { limits } from '../limits.ts';
import { leastRate, limitText, parseRate } from '../rateText.ts';
import type { CommandTable, Services } from '../services.ts';
import { updateSetting } from '../settings.ts';
import { formatRate, t } from '../text.ts';
import { showHistory } from './history.ts';
import { confirm, pickPeer } from './picks.ts';
import { peerIdOf } from './targets.ts';
import { notices } from '../notices.ts';

type LimitName = keyof typeof limitSettings;

export function transferCommands(services: Services): CommandTable {
  const { sidecar, world } = services;

  function limitTitle(name: LimitName): string {
    return {
      downloadLimit: t('Limit of downloads'),
      uploadLimit: t('Limit of uploads'),
      slowDownloadLimit: t('Limit of downloads in slow mode'),
      slowUploadLimit: t('Limit of uploads in slow mode'),
    }[name];
  }

  async function setSlow(isSlow: boolean): Promise<boolean> {
    const settings = await sidecar.request('settings/set', { isSlow });
    const rates = t('down {0}, up {1}', limitText(settings.slowDownloadLimit), limitText(settings.slowUploadLimit));
    vscode.window.setStatusBarMessage(isSlow ? t('Slow mode is on: {0}.', rates) : t('Slow mode is off.'), 5000);
    await world.reload();
    return settings.isSlow;
  }

  async function askLimit(name: LimitName, now: number): Promise<void> {
    const text = await vscode.window.showInputBox({
      title: limitTitle(name),
      prompt: t('For all peers together, in KB a second, or with a unit: 500 KB, 2 MB. Empty: no limit.'),
      value: now === 0 ? '' : formatRate(now).replace('/s', ''),
      validateInput: (value) =>
        parseRate(value) === undefined
          ? t('Type a rate like 500 KB or 2 MB, {0} at least, or nothing.', formatRate(leastRate))
          : undefined,
    });
    const bytes = text === undefined ? undefined : parseRate(text);
    if (bytes === undefined) return;
    await updateSetting(limitSettings[name], bytes / 1024);
    await sidecar.request('settings/set', { [name]: bytes });
  }

  async function peerOf(given: unknown, title: string): Promise<{ peerId: PeerId; name: string } | undefined> {
    await world.load();
    const peerId = peerIdOf(given);
    if (peerId !== undefined) return { peerId, name: world.peer(peerId)?.name ?? peerId };
    if (given !== undefined && given !== null) throw invalidArgument(t('a peer'));
    return pickPeer(services, title, ({ isStranger }) => !isStranger);
  }

  return {
    'transfers.limits': async () => {
      for (;;) {
        const settings = await sidecar.request('settings/get', {});
        const chosen = await vscode.window.showQuickPick(limitItems(settings), { title: t('Limits of Rate') });
        if (chosen === undefined) return;
        if (chosen.change === 'slow') await setSlow(!settings.isSlow);
        else await askLimit(chosen.change, settings[chosen.change]);
      }
    },

    'transfers.slow': async () => setSlow(!(await sidecar.request('settings/get', {})).isSlow),

    'transfers.history': () => showHistory(services),

    'transfers.clearHistory': async () => {
      const detail = t('The list of what was transferred before is emptied. No file and no download of the queue is touched.');
      if (await confirm(t('Clear the history of transfers?'), detail, t('Clear'))) {
        await sidecar.request('transfers/clearHistory', {});
      }
    },

    'upload.refuse': async (given: unknown): Promise<RefusedPeer | undefined> => {
      const peer = await peerOf(given, t('Give Nothing to Which Peer?'));
      if (peer === undefined) return undefined;
      const reason = await vscode.window.showInputBox({
        title: t('Give Nothing to {0}', displayName(peer.name)),
        prompt: t('It still sees what you share. The reason is told to it; leave it empty for none.'),
        validateInput: (value) =>
          value.trim().length > limits.reasonCharacters ? t('At most {0} characters.', limits.reasonCharacters) : undefined,
      });
      if (reason === undefined) return undefined;
      const refused = await sidecar.request('uploads/refuse', { peerId: peer.peerId, reason: reason.trim() });
      await world.reload();
      return refused;
    },

    'upload.allow': async (given: unknown) => {
      const peerId = peerIdOf(given);
      if (peerId === undefined && given !== undefined && given !== null) throw invalidArgument(t('a peer'));
      const chosen = peerId ?? (await pickRefused());
      if (chosen === undefined) return;
      await sidecar.request('uploads/allow', { peerId: chosen });
      await world.reload();
    },
  };

  async function pickRefused(): Promise<PeerId | undefined> {
    const refused = await sidecar.request('uploads/refused', {});
    if (refused.length === 0) {
      void notices.info(t('You refuse nobody.'));
      return undefined;
    }
    const items = refused.map(({ peerId, name, reason }) => ({
      label: iconSafeName(name),
      description: reason === '' ? '' : iconSafeName(messageName(reason)),
      detail: peerId,
      peerId,
    }));
    return (await vscode.window.showQuickPick(items, { title: t('Give Again to Which Peer?'), matchOnDetail: true }))?.peerId;
  }

  function limitItems(settings: Settings): (vscode.QuickPickItem & { change: LimitName | 'slow' })[] {
    const item = (change: LimitName, icon: string): vscode.QuickPickItem & { change: LimitName } => ({
      label: `$(${icon}) ${limitTitle(change)}`,
      description: limitText(settings[change]),
      change,
    });
    return [
      {
        label: settings.isSlow ? `$(debug-stop) ${t('Turn slow mode off')}` : `$(dashboard) ${t('Turn slow mode on')}`,
        description: settings.isSlow ? t('on') : t('off'),
        change: 'slow',
      },
      item('downloadLimit', 'arrow-down'),
      item('uploadLimit', 'arrow-up'),
      item('slowDownloadLimit', 'arrow-small-down'),
      item('slowUploadLimit', 'arrow-small-up'),
    ];
  }
}
