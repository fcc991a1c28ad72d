// Requests about codes and invites: params checked here, the rest is src/sidecar/invites.

import { maxCodeCharacters } from '../../protocol/codes.ts';
import { type InviteId, isInviteId } from '../../protocol/ids.ts';
import type { Codes } from '../invites/codes.ts';
import type { Invites } from '../invites/invites.ts';
import type { PendingInvites } from '../invites/pending.ts';
import { meetingLimits, wireLimits } from '../limits.ts';
import type { Handlers } from './handlers.ts';
import { type Fields, invalid, partyIdField, textField, wholeField } from './params.ts';

export interface InviteParts {
  codes: Codes;
  invites: Invites;
  pending: PendingInvites;
  /** Text as one safe line. */
  safeLine: (text: string) => string;
}

export function inviteHandlers({ codes, invites, pending, safeLine }: InviteParts): Handlers<'codes' | 'invites'> {
  return {
    'codes/inspect': (fields) => codes.inspect(codeField(fields)),
    'codes/accept': (fields) => codes.accept(codeField(fields)),
    'codes/own': (fields) =>
      codes.own({
        partyId: fields['partyId'] === undefined ? undefined : partyIdField(fields),
        expiresInMs: durationField(fields, undefined),
      }),
    'invites/create': (fields) =>
      invites.create(partyIdField(fields), {
        label: fields['label'] === undefined ? undefined : safeLine(textField(fields, 'label', wireLimits.textCharacters)),
        uses: fields['uses'] === undefined ? undefined : wholeField(fields, 'uses', { min: 1, max: meetingLimits.inviteUses }),
        expiresInMs: durationField(fields, meetingLimits.inviteMs),
      }),
    'invites/list': () => invites.list(),
    'invites/revoke': (fields) => invites.revoke(inviteIdField(fields)),
    'invites/pending': () => pending.list(),
    'invites/drop': (fields) => {
      pending.drop(inviteIdField(fields));
      return {};
    },
  };
}

/** Longer ones pass, for findCode says what is wrong with them; what is far longer is not looked at. */
function codeField(fields: Fields): string {
  return textField(fields, 'text', 8 * maxCodeCharacters);
}

/** Undefined: without end, which is asked for by 0. */
function durationField(fields: Fields, otherwise: number | undefined): number | undefined {
  if (fields['expiresInMs'] === undefined) return otherwise;
  const ms = wholeField(fields, 'expiresInMs', { min: 0, max: meetingLimits.codeMaxMs });
  return ms === 0 ? undefined : ms;
}

function inviteIdField(fields: Fields): InviteId {
  const value = fields['inviteId'];
  if (typeof value !== 'string' || !isInviteId(value)) throw invalid('inviteId', 'an invite id of 26 z-base-32 characters');
  return value;
}
