// Requests of the board: who gave which part of a file, and what the disk holds.

import type { PeerId } from '../../protocol/ids.ts';
import type { PieceMap, StorageUsage } from '../../protocol/boardRequests.ts';
import type { EntryRef } from '../../protocol/model.ts';
import type { Handlers } from './handlers.ts';
import { entryField } from './params.ts';

export interface BoardParts {
  pieces: { of(entry: EntryRef, nameOf: (peerId: PeerId) => string): PieceMap[] };
  nameOf: (peerId: PeerId) => string;
  usage: { get(): Promise<StorageUsage> };
}

export function boardHandlers({ pieces, nameOf, usage }: BoardParts): Handlers<'pieces' | 'storage'> {
  return {
    'pieces/get': (fields) => pieces.of(entryField(fields), nameOf),
    'storage/usage': () => usage.get(),
  };
}
