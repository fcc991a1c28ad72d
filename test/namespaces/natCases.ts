// The pairs of NATs that are tried, and what must come of each.

import type { PathReason, PeerPath } from '../../src/protocol/model.ts';
import type { NatKind } from './natWorld.ts';

export interface NatCase {
  name: string;
  kinds: [NatKind, NatKind];
  useRelay: boolean;
  /** Undefined: they must not meet. */
  path: PeerPath | undefined;
  reasons: PathReason[];
  /** How long at most; where they must not meet, how long they have for it. */
  timeoutMs: number;
}

export const natCases: readonly NatCase[] = [
  { name: 'open-open', kinds: ['open', 'open'], useRelay: false, path: 'direct', reasons: ['open'], timeoutMs: 20_000 },
  { name: 'open-cone', kinds: ['open', 'cone'], useRelay: false, path: 'direct', reasons: ['open'], timeoutMs: 20_000 },
  { name: 'cone-cone', kinds: ['cone', 'cone'], useRelay: false, path: 'direct', reasons: ['punched'], timeoutMs: 30_000 },
  {
    name: 'cone-symmetric',
    kinds: ['cone', 'symmetric'],
    useRelay: false,
    path: 'direct',
    reasons: ['punched'],
    timeoutMs: 120_000,
  },
  {
    name: 'symmetric-symmetric with a relay',
    kinds: ['symmetric', 'symmetric'],
    useRelay: true,
    path: 'relayed',
    reasons: ['both-random', 'unknown'],
    timeoutMs: 60_000,
  },
  {
    name: 'symmetric-symmetric without one',
    kinds: ['symmetric', 'symmetric'],
    useRelay: false,
    path: undefined,
    reasons: [],
    timeoutMs: 10_000,
  },
];
