// The extensions of version 1 that this peer understands: what a peer does not name in its hello is not sent to it. The names are part of
// the protocol: docs/wire-protocol.md.

export const ownCapabilities = [
  'updates',
  'removals',
  'pass-on',
  'search',
  'versions',
  'packs',
  'holdings',
  'direct-link',
  'invites',
  'rosters',
  'members',
  'access',
  'relays',
] as const;

export type Capability = (typeof ownCapabilities)[number];
