// Requests about who asks to be let in.

import { meetingLimits } from '../limits.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { AccessRequest } from '../../protocol/model.ts';
import type { Handlers } from './handlers.ts';
import { optionalTextField, peerIdField } from './params.ts';

export interface AccessVerbs {
  list(): AccessRequest[];
  grant(peerId: PeerId): void;
  deny(peerId: PeerId): void;
  ask(peerId: PeerId, text: string): void;
}

export function accessHandlers(access: AccessVerbs): Handlers<'access'> {
  return {
    'access/list': () => access.list(),
    'access/grant': (fields) => {
      access.grant(peerIdField(fields));
      return {};
    },
    'access/deny': (fields) => {
      access.deny(peerIdField(fields));
      return {};
    },
    'access/ask': (fields) => {
      access.ask(peerIdField(fields), optionalTextField(fields, 'text', meetingLimits.accessCharacters) ?? '');
      return {};
    },
  };
}
