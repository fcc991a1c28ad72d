// potluck.network.*: what works of the network, in plain words, and who is kept away for a while.

import * as vscode from 'vscode';
import type { BannedPeer } from '../../protocol/model.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { displayName, iconSafeName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { formatDuration, t } from '../text.ts';
import { bannedName, reportText } from '../views/networkReport.ts';
import { notices } from '../notices.ts';

export function networkCommands(services: Services): CommandTable {
  const { sidecar, world } = services;
  return {
    'network.diagnose': async () => {
      const [report, bans] = await withDelayedProgress(t('Looking at the network…'), async (signal) => {
        const found = await sidecar.request('network/diagnose', {}, { signal, timeoutMs: limits.diagnoseMs });
        return [found, await sidecar.request('network/bans', {}, { signal })] as const;
      });
      await world.load();
      const text = reportText(report, { bans, peers: world.peers, nowMs: Date.now() });
      await services.showReport(text, t('Potluck Network'), { linksSettings: true });
    },

    'network.unban': async () => {
      const bans = await sidecar.request('network/bans', {});
      if (bans.length === 0) {
        void notices.info(t('Nobody is kept away now.'));
        return;
      }
      await world.load();
      const now = Date.now();
      const items = bans.map((ban: BannedPeer) => ({
        ban,
        label: iconSafeName(bannedName(ban, world.peers)),
        description: t('for {0} still', formatDuration((ban.untilMs - now) / 1000)),
        detail: iconSafeName(displayName(ban.reason)),
      }));
      const chosen = await vscode.window.showQuickPick(items, { title: t('Stop Keeping Whom Away?'), matchOnDetail: true });
      if (chosen === undefined) return;
      const { peerId, host } = chosen.ban;
      await sidecar.request('network/unban', {
        ...(peerId === undefined ? {} : { peerId }),
        ...(host === undefined ? {} : { host }),
      });
    },
  };
}
