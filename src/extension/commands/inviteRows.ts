// Invites of ours, and those of others that were accepted here and wait, as rows of a list. Must not know `vscode`.

import type { InviteInfo, InviteRefusal, PartyInfo, PendingInvite } from '../../protocol/model.ts';
import { displayName, iconSafeName, partyLabel } from '../displayText.ts';
import { formatCount, t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';

export interface InviteRow {
  label: string;
  description: string;
  detail: string;
}

const dayMs = 24 * 60 * 60_000;

/** How long an invite may be used; 0 is without end. */
export function lifetimes(): { label: string; expiresInMs: number }[] {
  return [
    { label: t('A week'), expiresInMs: 7 * dayMs },
    { label: t('A day'), expiresInMs: dayMs },
    { label: t('Without end, until you revoke it'), expiresInMs: 0 },
  ];
}

/** `known`: its party, if we are in it still. */
export function inviteRow(invite: InviteInfo, known?: PartyInfo): InviteRow {
  const party = invite.partyName === '' ? t('a party that you left') : partyLabel(known ?? { name: invite.partyName });
  const isSame = invite.label === '' || invite.label === known?.label;
  const label = isSame ? party : `${displayName(invite.label, 60)} — ${party}`;
  const description = [stateText(invite), usedText(invite)].filter((part) => part !== '').join(' · ');
  const until = invite.expiresAtMs === undefined ? t('without end') : t('until {0}', dateText(invite.expiresAtMs));
  const detail = [t('Made {0}', dateText(invite.createdAtMs)), until, namesText(invite)]
    .filter((part) => part !== '')
    .join(' · ');
  return { label: iconSafeName(label), description, detail: iconSafeName(detail) };
}

export function pendingRow(invite: PendingInvite): InviteRow {
  const name = displayName(invite.name, 60);
  const label =
    invite.partyLabel === '' ? t('Invite of {0}', name) : t('Invite of {0}: {1}', name, displayName(invite.partyLabel, 60));
  const detail = [
    t('Accepted {0}', dateText(invite.acceptedAtMs)),
    ...(invite.expiresAtMs === undefined ? [] : [t('until {0}', dateText(invite.expiresAtMs))]),
  ].join(' · ');
  return { label: iconSafeName(label), description: pendingText(invite), detail };
}

/** What a waiting or refused invite says in a row. */
export function pendingText(invite: PendingInvite): string {
  if (invite.state === 'waiting') return t('waits for it to be online');
  return shortRefusal(invite.reason ?? 'unknown');
}

/** For a row, where there is little room. */
function shortRefusal(reason: InviteRefusal): string {
  switch (reason) {
    case 'used-up':
      return t('refused: used up');
    case 'expired':
      return t('refused: expired');
    case 'revoked':
      return t('refused: taken back');
    case 'unknown':
    case 'busy':
      return t('refused');
  }
}

export function refusalText(reason: InviteRefusal): string {
  switch (reason) {
    case 'used-up':
      return t('others used the invite already');
    case 'expired':
      return t('the invite has expired');
    case 'revoked':
      return t('the invite was taken back');
    case 'unknown':
      return t('it does not know the invite');
    case 'busy':
      return t('it is busy');
  }
}

function stateText({ state, usesLeft }: InviteInfo): string {
  switch (state) {
    case 'open':
      if (usesLeft === undefined) return t('for anybody with the code');
      return usesLeft === 1 ? t('for one person') : t('for {0} more people', formatCount(usesLeft));
    case 'used-up':
      return t('used up');
    case 'expired':
      return t('expired');
    case 'revoked':
      return t('revoked');
  }
}

function usedText({ usedBy }: InviteInfo): string {
  if (usedBy.length === 0) return '';
  return usedBy.length === 1 ? t('used once') : t('used {0} times', formatCount(usedBy.length));
}

function namesText({ usedBy }: InviteInfo): string {
  const names = usedBy.slice(-3).map(({ name }) => displayName(name, 40));
  return names.length === 0 ? '' : t('By {0}', names.join(', '));
}
