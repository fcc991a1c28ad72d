// Bytes for the disk worker: a chunk that is alone in its buffer goes over by transfer; others are copied, since transferring takes the
// buffer from all that look into it, and posting a view would copy all behind it.

import { ownsBuffer } from '../../wire/ownBuffers.ts';

/** A chunk with an ArrayBuffer that nobody else looks into. */
export type Owned = Uint8Array<ArrayBuffer>;

export function owned(chunk: Uint8Array): Owned {
  return isOwned(chunk) ? chunk : new Uint8Array(chunk);
}

function isOwned(chunk: Uint8Array): chunk is Owned {
  return ownsBuffer(chunk) && chunk.buffer instanceof ArrayBuffer;
}

export function transferable(chunks: readonly Owned[]): ArrayBuffer[] {
  return chunks.map(({ buffer }) => buffer);
}
