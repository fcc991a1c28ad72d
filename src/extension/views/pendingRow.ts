// An invite that was accepted here and whose maker did not let us in yet, as a row above the parties. Must not know `vscode`.

import type { InviteId } from '../../protocol/ids.ts';
import type { PendingInvite } from '../../protocol/model.ts';
import { pendingText, refusalText } from '../commands/inviteRows.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { t } from '../text.ts';
import { dateText } from './mergedModel.ts';
import type { Row } from './row.ts';

export interface PendingNode {
  kind: 'pending';
  id: string;
  parent?: never;
  inviteId: InviteId;
}

export function pendingNodes(pending: readonly PendingInvite[]): PendingNode[] {
  return pending.map(({ inviteId }) => ({ kind: 'pending', id: `pending/${inviteId}`, inviteId }));
}

export function pendingNodeRow(node: PendingNode, invite: PendingInvite): Row {
  const name = displayName(invite.name);
  const label = t('Invite of {0}', name);
  const isRefused = invite.state === 'refused';
  const lines = [t('Invite of {0}', longDisplayName(invite.name))];
  if (invite.partyLabel !== '') lines.push(t('It calls the party: {0}', longDisplayName(invite.partyLabel)));
  lines.push(
    isRefused
      ? t('You were not let in: {0}.', refusalText(invite.reason ?? 'unknown'))
      : t('You are let in as soon as both of you are online.'),
    t('Accepted {0}', dateText(invite.acceptedAtMs)),
  );
  if (invite.expiresAtMs !== undefined) lines.push(t('It can be used until {0}.', dateText(invite.expiresAtMs)));
  lines.push(t('Key: {0}', invite.peerId));
  return {
    id: node.id,
    label,
    description: pendingText(invite),
    tooltip: lines.join('\n'),
    icon: isRefused ? 'error' : 'watch',
    children: 'none',
    context: `pending.${invite.state}`,
    accessibility: `${label}, ${pendingText(invite)}`,
  };
}
