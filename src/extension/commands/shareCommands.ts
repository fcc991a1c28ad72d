// potluck.share.*: own folders on the table. Nothing is shared without the preview being confirmed.

import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import type { Audience, ShareInfo, SharePreview } from '../../protocol/model.ts';
import { displayName, messageName } from '../displayText.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { invalidArgument } from '../failures.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { formatCount, t } from '../text.ts';
import { audienceQuestion, everyone } from '../views/audienceChoice.ts';
import { pickAudience } from './audiencePick.ts';
import { confirm, pickOwnShare } from './picks.ts';
import { revealLocal } from './revealLocal.ts';
import { previewPage, previewSummary } from './previewPage.ts';
import { pickSecrets } from './secretsPick.ts';
import { previewRows, readingRows, sharedSecrets, type PreviewRow } from './sharePreview.ts';
import { localUriOf, ownShareIdOf, selectionOf } from './targets.ts';

const maxTitleCharacters = 128;

export function shareCommands(services: Services): CommandTable {
  const { sidecar, world, messages } = services;

  async function shareOf(
    value: unknown,
    title: string,
    accepts: (share: ShareInfo) => boolean = () => true,
  ): Promise<ShareInfo | undefined> {
    const shareId = ownShareIdOf(value);
    await world.load();
    const known = world.shares.find((share) => share.shareId === shareId);
    return known ?? pickOwnShare(services, title, accepts);
  }

  async function foldersOf(clicked: unknown, all: unknown): Promise<string[]> {
    const given = selectionOf(clicked, all, localUriOf);
    if (given.length > 0) return given.map((uri) => vscode.Uri.from(uri).fsPath);
    // Something was given, but it is no folder of this disk: say so rather than ask about another one.
    if (clicked !== undefined) throw invalidArgument(t('a folder on this disk'));
    const picked = await vscode.window.showOpenDialog({
      title: t('Share a Folder'),
      openLabel: t('Preview'),
      canSelectFolders: true,
      canSelectFiles: false,
      canSelectMany: true,
    });
    return (picked ?? []).filter((uri) => uri.scheme === 'file').map((uri) => uri.fsPath);
  }

  function preview(path: string): Promise<SharePreview> {
    const progressToken = randomUUID();
    return withDelayedProgress(t('Looking at {0}', messageName(path)), async (signal, report) => {
      const subscription = sidecar.on('progress', (params) => {
        if (params.progressToken === progressToken) report(t('{0} entries', formatCount(params.done)));
      });
      try {
        return await sidecar.request('shares/preview', { path, progressToken }, { signal, timeoutMs: limits.previewMs });
      } finally {
        subscription.dispose();
      }
    });
  }

  async function askTitle(title: string): Promise<string | undefined> {
    const chosen = await vscode.window.showInputBox({
      title: t('Title of the Share'),
      prompt: t('Peers see the title, never the path.'),
      value: title,
      validateInput: (value) => {
        if (value.trim() === '') return t('Type a title.');
        return value.trim().length > maxTitleCharacters ? t('At most {0} characters.', maxTitleCharacters) : undefined;
      },
    });
    return chosen?.trim();
  }

  /** Under which title and with whom to share, or undefined. `before`: what was decided before the folder changed. */
  async function ask(found: SharePreview, before: Decision | undefined): Promise<Decision | undefined> {
    await world.load();
    let { title, audience } = before ?? { title: found.title, audience: everyone };
    const knownSecrets = found.secrets.suspects.map(({ path }) => path);
    let leftOut: ReadonlySet<string> = new Set(knownSecrets.filter((path) => !isTicked(path, before)));
    // The page is open, and the question above it is short.
    let isReading = false;
    for (;;) {
      const notice = before === undefined ? undefined : changedNotice(before, knownSecrets);
      const question = { title, audience: audienceQuestion(audience, world), leftOut };
      const choice = { ...question, ...(notice === undefined ? {} : { notice }) };
      const rows: PreviewRow[] = isReading ? readingRows(found, choice) : previewRows(found, choice, homedir());
      const chosen = await vscode.window.showQuickPick(rows.map(previewItem), {
        title: t('Share "{0}" with {1}?', displayName(title), choice.audience),
        placeHolder: t('{0}. Files stay where they are; peers can read them, never change them.', previewSummary(found, leftOut)),
        ignoreFocusOut: true,
      });
      const kind: PreviewRow['kind'] = chosen?.row.kind ?? (isReading ? 'back' : 'cancel');
      if (kind === 'cancel') return undefined;
      if (kind === 'share' && (await isSureOfSecrets(found, leftOut)))
        return { title, audience, leaveOut: [...leftOut], knownSecrets };
      if (kind === 'secrets') leftOut = (await pickSecrets(found.secrets.suspects, leftOut)) ?? leftOut;
      isReading = kind === 'page';
      if (isReading) await services.showReport(previewPage(found, { leftOut }), t('Potluck Preview'));
      if (kind === 'rename') title = (await askTitle(title)) ?? title;
      if (kind === 'audience') audience = (await pickAudience(world, title, audience)) ?? audience;
    }
  }

  /** Undefined: not confirmed. Asks again when what was confirmed is not what would be shared any more. */
  async function offer(folder: string): Promise<ShareInfo | undefined> {
    let decision: Decision | undefined;
    for (;;) {
      const found = await preview(folder);
      decision = await ask(found, decision);
      if (decision === undefined) return undefined;
      // The folder that was looked at, by its real path: a link that leads elsewhere by now does not count.
      const params = { path: found.path, ...decision };
      try {
        return await withDelayedProgress(t('Looking at {0}', messageName(found.path)), (signal) =>
          sidecar.request('shares/add', params, { signal, timeoutMs: limits.previewMs }),
        );
      } catch (error) {
        // Something secret came, or what is to be left out went. When the folder itself is gone, its preview says so.
        const { kind } = asAppError(error);
        if (kind !== 'changed' && kind !== 'not-found') throw error;
      }
    }
  }

  /** True also when nothing that looks secret would be shared. */
  async function isSureOfSecrets(found: SharePreview, leftOut: ReadonlySet<string>): Promise<boolean> {
    const count = sharedSecrets(found, leftOut);
    if (count === 0) return true;
    const question =
      count === 1 ? t('Share 1 file that looks secret?') : t('Share {0} files that look secret?', formatCount(count));
    return confirm(
      question,
      t('Whoever may see the share can read them. A key that was seen once has to be replaced.'),
      t('Share Them'),
    );
  }

  return {
    'share.add': async (clicked: unknown, all: unknown) => {
      const shares: ShareInfo[] = [];
      for (const folder of await foldersOf(clicked, all)) {
        const share = await offer(folder);
        if (share !== undefined) shares.push(share);
      }
      if (shares.length === 0) return shares;
      await world.reload();
      if (world.parties.length === 0 && world.peers.length === 0) void inviteSomebody();
      return shares;
    },

    'share.rename': async (given: unknown) => {
      const share = await shareOf(given, t('Rename Which Share?'));
      const title = share === undefined ? undefined : await askTitle(share.title);
      if (share === undefined || title === undefined) return;
      await sidecar.request('shares/rename', { shareId: share.shareId, title });
      await world.reload();
    },

    'share.remove': async (given: unknown) => {
      const share = await shareOf(given, t('Stop Sharing Which Folder?'));
      if (share === undefined) return;
      const detail = t('Peers are told and no longer see it. Nothing in the folder is touched: {0}', displayName(share.path));
      if (!(await confirm(t('Stop sharing "{0}"?', messageName(share.title)), detail, t('Stop Sharing')))) return;
      await sidecar.request('shares/remove', { shareId: share.shareId });
      await world.reload();
    },

    'share.rescan': async (given: unknown) => {
      const share = await shareOf(given, t('Read Which Share Again?'));
      // Answers when the whole folder is read; the view shows how far it is.
      const options = { timeoutMs: limits.rescanMs };
      if (share !== undefined) await sidecar.request('shares/rescan', { shareId: share.shareId }, options);
    },

    'share.pause': async (given: unknown) => {
      const share = await shareOf(given, t('Pause Which Share?'), ({ state }) => state !== 'paused');
      if (share !== undefined) await sidecar.request('shares/pause', { shareId: share.shareId });
    },

    'share.resume': async (given: unknown) => {
      const share = await shareOf(given, t('Resume Which Share?'), ({ state }) => state === 'paused');
      if (share !== undefined) await sidecar.request('shares/resume', { shareId: share.shareId });
    },

    'share.cancelScan': async (given: unknown) => {
      const share = await shareOf(given, t('Stop Reading Which Share?'), ({ state }) => state === 'scanning');
      if (share !== undefined) await sidecar.request('shares/cancelScan', { shareId: share.shareId });
    },

    'share.reveal': async (given: unknown) => {
      const share = await shareOf(given, t('Show Which Share?'));
      if (share !== undefined) await revealLocal(share.path);
    },
  };

  async function inviteSomebody(): Promise<void> {
    const create = t('Create a Party');
    const join = t('Join a Party');
    const taken = await messages.info(t('The folder is shared, but nobody can see it yet: you are in no party.'), create, join);
    if (taken === create) await vscode.commands.executeCommand('potluck.party.create');
    if (taken === join) await vscode.commands.executeCommand('potluck.party.join');
  }
}

/** How a folder is to be shared, and which files look secret that a person was shown. */
interface Decision {
  title: string;
  audience: Audience;
  leaveOut: string[];
  knownSecrets: string[];
}

/** To be shared although it looks secret. */
function isTicked(path: string, decision: Decision | undefined): boolean {
  return decision?.knownSecrets.includes(path) === true && !decision.leaveOut.includes(path);
}

function changedNotice({ knownSecrets }: Decision, now: readonly string[]): string {
  const known = new Set(knownSecrets);
  const count = now.filter((path) => !known.has(path)).length;
  if (count === 0) return t('The folder changed since you looked');
  return t('Came since you looked, and looks secret: {0}', formatCount(count));
}

function previewItem(row: PreviewRow): vscode.QuickPickItem & { row: PreviewRow } {
  return {
    row,
    label: row.label,
    kind: row.kind === 'heading' ? vscode.QuickPickItemKind.Separator : vscode.QuickPickItemKind.Default,
    ...(row.description === undefined ? {} : { description: row.description }),
    ...(row.detail === undefined ? {} : { detail: row.detail }),
    // Typing filters the rows; the question itself must stay in reach.
    alwaysShow: row.kind === 'share' || row.kind === 'secrets' || row.kind === 'audience' || row.kind === 'cancel',
  };
}
