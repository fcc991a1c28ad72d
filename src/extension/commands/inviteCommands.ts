// potluck.invite.*: letting others into a party, and what became of it.

import * as vscode from 'vscode';
import type { InviteInfo, PendingInvite } from '../../protocol/model.ts';
import { displayName, messageName, partyLabel } from '../displayText.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';
import { inviteRow, lifetimes, pendingRow } from './inviteRows.ts';
import { confirm, pickParty } from './picks.ts';
import { inviteIdOf, partyIdOf } from './targets.ts';

const maxLabelCharacters = 64;

type ListItem = vscode.QuickPickItem & { invite?: InviteInfo; pending?: PendingInvite };

export function inviteCommands(services: Services): CommandTable {
  const { sidecar, world, codePanel } = services;

  function show(invite: InviteInfo): void {
    const name = partyLabel(world.party(invite.partyId) ?? { name: invite.partyName });
    const sentences = [
      invite.usesLeft === undefined
        ? t('Anyone who has it can join the party "{0}". "Potluck: Invites…" takes it back.', name)
        : t('One person can join the party "{0}" with it: send it to that person alone.', name),
      t('Who accepts it is let in once both of you are online.'),
      ...(invite.expiresAtMs === undefined ? [] : [t('It can be used until {0}.', dateText(invite.expiresAtMs))]),
    ];
    const title = invite.label === '' ? t('Invite') : t('Invite: {0}', displayName(invite.label, maxLabelCharacters));
    codePanel.show({ title, sentences, code: invite.code });
  }

  async function revoke(invite: InviteInfo): Promise<void> {
    const party = world.party(invite.partyId);
    const detail =
      party?.closed === undefined
        ? t('Nobody can use it any more. Who did stays a member.')
        : t('Nobody can use it any more. Who did stays a member until you expel it.');
    if (!(await confirm(t('Revoke this invite?'), detail, t('Revoke')))) return;
    await sidecar.request('invites/revoke', { inviteId: invite.inviteId });
    codePanel.withdraw(invite.code);
  }

  async function drop(pending: PendingInvite): Promise<void> {
    if (pending.state === 'waiting') {
      const detail = t('It is asked no more to let you in. With the code you can accept it again.');
      if (!(await confirm(t('Drop the invite of {0}?', messageName(pending.name)), detail, t('Drop')))) return;
    }
    await sidecar.request('invites/drop', { inviteId: pending.inviteId });
    await world.reload();
  }

  async function copy(invite: InviteInfo): Promise<void> {
    await vscode.env.clipboard.writeText(invite.code.text);
    vscode.window.setStatusBarMessage(t('Code copied.'), 3000);
  }

  async function askUses(title: string): Promise<{ uses?: number } | undefined> {
    const items = [
      {
        label: t('One person'),
        detail: t('The first who uses the code. Safe to send by any way that only that person reads.'),
        uses: 1,
      },
      { label: t('Anyone with the link'), detail: t('As often as you like, until it ends or you revoke it.') },
    ];
    const placeHolder = t('Who may use the invite?');
    return vscode.window.showQuickPick(items, { title, placeHolder });
  }

  return {
    'invite.create': async (given: unknown) => {
      await world.load();
      const partyId = partyIdOf(given);
      const mayInvite = ({ closed }: { closed?: { isFounder: boolean } }): boolean => closed === undefined || closed.isFounder;
      const known = partyId === undefined ? undefined : world.party(partyId);
      const party = known ?? (await pickParty(services, t('Invite to Which Party?'), mayInvite));
      if (party === undefined) return undefined;
      const title = t('Invite to the Party {0}', partyLabel(party));
      const who = await askUses(title);
      if (who === undefined) return undefined;
      const howLong = await vscode.window.showQuickPick(lifetimes(), { title, placeHolder: t('For how long?') });
      if (howLong === undefined) return undefined;
      const label = await vscode.window.showInputBox({
        title,
        prompt: t('What to call the party for whoever opens the invite. It stands in your list of invites too. May stay empty.'),
        placeHolder: t('For example: photos of the trip'),
        value: party.label ?? '',
        validateInput: (value) =>
          value.trim().length > maxLabelCharacters ? t('At most {0} characters.', maxLabelCharacters) : undefined,
      });
      if (label === undefined) return undefined;
      const invite = await sidecar.request('invites/create', {
        partyId: party.partyId,
        expiresInMs: howLong.expiresInMs,
        ...(who.uses === undefined ? {} : { uses: who.uses }),
        label: label.trim(),
      });
      show(invite);
      await copy(invite);
      return { inviteId: invite.inviteId };
    },

    'invite.manage': async () => {
      await world.load();
      const [invites, pending] = await Promise.all([sidecar.request('invites/list', {}), sidecar.request('invites/pending', {})]);
      if (invites.length === 0 && pending.length === 0) {
        const invite = t('Invite…');
        const taken = await services.messages.info(
          t('There are no invites: you made none, and none that you accepted waits.'),
          invite,
        );
        if (taken === invite) await vscode.commands.executeCommand('potluck.invite.create');
        return;
      }
      await manage(invites, pending);
    },

    /** Of the row of an invite that waits, or was refused. */
    'invite.drop': async (given: unknown) => {
      await world.load();
      const inviteId = inviteIdOf(given);
      const pending = world.pending.find((each) => each.inviteId === inviteId);
      if (pending !== undefined) await drop(pending);
    },
  };

  /** A list with what can be done as buttons of each row; picking a row shows its code, or drops what was refused. */
  async function manage(invites: readonly InviteInfo[], pending: readonly PendingInvite[]): Promise<void> {
    const button = (icon: string, tooltip: string): vscode.QuickInputButton => ({
      iconPath: new vscode.ThemeIcon(icon),
      tooltip,
    });
    const [copyButton, revokeButton] = [button('copy', t('Copy Code')), button('trash', t('Revoke'))];
    const dropButton = button('trash', t('Drop'));
    const heading = (label: string): ListItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
    const items: ListItem[] = [
      ...(invites.length > 0 ? [heading(t('Made here'))] : []),
      ...invites.map((invite): ListItem => {
        const buttons = invite.state === 'open' ? [copyButton, revokeButton] : [];
        return { ...inviteRow(invite, world.party(invite.partyId)), invite, buttons };
      }),
      ...(pending.length > 0 ? [heading(t('Accepted, and not let in yet'))] : []),
      ...pending.map((each): ListItem => ({ ...pendingRow(each), pending: each, buttons: [dropButton] })),
    ];
    const act = await chosenAct(items, t('Invites'), (item, pressed) => {
      const { invite, pending: accepted } = item;
      if (accepted !== undefined) return () => drop(accepted);
      if (invite === undefined || invite.state !== 'open') return undefined;
      if (pressed === copyButton) return () => copy(invite);
      if (pressed === revokeButton) return () => revoke(invite);
      return () => show(invite);
    });
    await act?.();
  }
}

/** What the row or button that was taken stands for; undefined when the list was left, or nothing can be done with the row. */
async function chosenAct(
  items: readonly ListItem[],
  title: string,
  actOf: (item: ListItem, pressed: vscode.QuickInputButton | undefined) => (() => unknown) | undefined,
): Promise<(() => unknown) | undefined> {
  const list = vscode.window.createQuickPick<ListItem>();
  list.title = title;
  list.placeholder = t('Choose one to show its code');
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.items = items;
  const taken = await new Promise<(() => unknown) | undefined>((resolve) => {
    list.onDidAccept(() => {
      const [item] = list.selectedItems;
      const act = item === undefined ? undefined : actOf(item, undefined);
      if (act !== undefined) resolve(act);
    });
    list.onDidTriggerItemButton(({ item, button }) => resolve(actOf(item, button)));
    list.onDidHide(() => resolve(undefined));
    list.show();
  });
  list.dispose();
  return taken;
}
