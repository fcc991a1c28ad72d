// Requests about parties and their members. What a change means for sessions is the node's business: it hands in the verbs.

import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { PartyInfo, PartyMember } from '../../protocol/model.ts';
import { localLimits, wireLimits } from '../limits.ts';
import type { Handlers } from './handlers.ts';
import { flagField, optionalTextField, partyIdField, peerIdField, textField } from './params.ts';

export interface PartyVerbs {
  list(): PartyInfo[];
  join(name: string): PartyInfo;
  create(options: { isClosed: boolean; label: string }): PartyInfo;
  setLabel(partyId: PartyId, label: string): PartyInfo;
  leave(partyId: PartyId): Promise<void>;
  members(partyId: PartyId): PartyMember[];
  admit(partyId: PartyId, peerId: PeerId): PartyInfo;
  expel(partyId: PartyId, peerId: PeerId): PartyInfo;
}

export function partyHandlers(parties: PartyVerbs): Handlers<'parties'> {
  return {
    'parties/list': () => parties.list(),
    'parties/join': (fields) => parties.join(textField(fields, 'name', 4 * wireLimits.textCharacters)),
    'parties/create': (fields) =>
      parties.create({
        isClosed: flagField(fields, 'isClosed'),
        label: optionalTextField(fields, 'label', localLimits.shownNameCharacters) ?? '',
      }),
    'parties/setLabel': (fields) =>
      parties.setLabel(partyIdField(fields), textField(fields, 'label', localLimits.shownNameCharacters)),
    'parties/leave': async (fields) => {
      await parties.leave(partyIdField(fields));
      return {};
    },
    'parties/members': (fields) => parties.members(partyIdField(fields)),
    'parties/admit': (fields) => parties.admit(partyIdField(fields), peerIdField(fields)),
    'parties/expel': (fields) => parties.expel(partyIdField(fields), peerIdField(fields)),
  };
}
