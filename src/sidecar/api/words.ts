// The words that several requests take.

import type { ConflictPolicy, Priority } from '../../protocol/model.ts';

export const conflicts: readonly ConflictPolicy[] = ['keep-both', 'skip', 'overwrite'];
export const priorities: readonly Priority[] = ['high', 'normal', 'low'];
