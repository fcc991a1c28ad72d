// The peer that stands where a download by link has no owner: nobody's key, so that nothing ever comes from it or goes to it.

import type { PeerId } from './ids.ts';

/** z-base-32 of SHA-256('potluck: what is downloaded by a link has no owner'): no one has the secret key of that. */
export const linkPeerId = 'wk6scqpmm155m9yufo5ftqcj8utfg9ekizd896hbex8dacgwxz8y' as PeerId;

/** Whether an entry is of a link rather than of a peer's share. */
export function isOfLink({ peerId }: { peerId: PeerId }): boolean {
  return peerId === linkPeerId;
}
