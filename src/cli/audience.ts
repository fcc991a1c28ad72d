// Who may see a share, from options and as text. Decides nothing: the sidecar does.

import type { SidecarClient } from '../client/sidecarClient.ts';
import type { Audience } from '../protocol/model.ts';
import type { Context, OptionSpec } from './command.ts';
import { resolveParty, resolvePeer } from './resolve.ts';
import { type AudienceNames, partyTitle } from './words.ts';

/** Options of commands that name an audience. */
export const audienceOptions = {
  party: { type: 'string', short: 'p', value: 'PARTY', isMultiple: true, help: 'the members of this party; may be given again' },
  peer: { type: 'string', value: 'PEER', isMultiple: true, help: 'this peer; may be given again' },
} as const satisfies Record<string, OptionSpec>;

/** The parties and peers of the options; undefined when there are none. */
export async function audienceOf(client: SidecarClient, context: Context): Promise<Audience | undefined> {
  const [parties, peers] = [context.texts('party'), context.texts('peer')];
  if (parties.length === 0 && peers.length === 0) return undefined;
  const audience: Audience = { everyone: false, partyIds: [], peerIds: [] };
  for (const name of parties) audience.partyIds.push((await resolveParty(client, name, context.limits)).partyId);
  for (const name of peers) audience.peerIds.push(await resolvePeer(client, name, context.limits));
  return audience;
}

/** What to call the parties and peers of audiences. */
export async function audienceNames(client: SidecarClient, context: Context): Promise<AudienceNames> {
  const parties = await client.request('parties/list', {}, context.limits);
  const peers = await client.request('peers/list', {}, context.limits);
  return {
    parties: new Map(parties.map((party) => [party.partyId, JSON.stringify(partyTitle(party))])),
    peers: new Map(peers.map(({ peerId, name }) => [peerId, name])),
  };
}
