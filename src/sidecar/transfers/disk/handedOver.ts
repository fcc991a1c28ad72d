// Bytes for the disk worker: a chunk that is alone in its buffer goes over by transfer; others are copied, since transferring takes the
// buffer from all that look into it, and posting a view would copy all behind it.

/** A chunk with an ArrayBuffer that nobody else looks into. */
export type Owned = Uint8Array<ArrayBuffer>;

/** Only what is the whole of its buffer is surely nobody else's: pools and frames are larger than what lies in them. */
export function owned(chunk: Uint8Array): Owned {
  return isWhole(chunk) ? chunk : new Uint8Array(chunk);
}

function isWhole(chunk: Uint8Array): chunk is Owned {
  return chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength;
}

export function transferable(chunks: readonly Owned[]): ArrayBuffer[] {
  return chunks.map(({ buffer }) => buffer);
}
