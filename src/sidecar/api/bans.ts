// Requests about who is kept away for a while: network/admission.ts. Who is blocked by a person is another matter: peers.

import type { PeerId } from '../../protocol/ids.ts';
import type { BannedPeer } from '../../protocol/model.ts';
import type { AllHandlers } from './handlers.ts';
import { invalid, optionalTextField, peerIdField } from './params.ts';

/** An IPv6 network written out is 43 characters. */
const hostCharacters = 64;

export interface Bans {
  bans(): BannedPeer[];
  unban(who: { peerId?: PeerId; host?: string }): void;
}

export function banHandlers(admission: Bans): Pick<AllHandlers, 'network/bans' | 'network/unban'> {
  return {
    'network/bans': () => admission.bans(),
    'network/unban': (fields) => {
      const host = optionalTextField(fields, 'host', hostCharacters);
      const peerId = fields['peerId'] === undefined ? undefined : peerIdField(fields);
      if (host === undefined && peerId === undefined)
        throw invalid('peerId', 'a peer key, or "host" an address, as network/bans tells them');
      admission.unban({ ...(peerId !== undefined && { peerId }), ...(host !== undefined && { host }) });
      return {};
    },
  };
}
