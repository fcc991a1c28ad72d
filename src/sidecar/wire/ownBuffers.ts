// Which received bytes have an ArrayBuffer of their own, so that it may be handed to a worker instead of copied. What is not known to is
// copied: bytes may share their buffer with others that are still needed.

/** Smaller ones are copied faster than handed over. */
const worthHandingOver = 16 * 1024;

const owners = new WeakSet<Uint8Array>();

/** True when nothing else refers to the chunk's ArrayBuffer: who got the chunk may transfer it. Chunks of a session's ReadReply.bytes mostly do. */
export function ownsBuffer(chunk: Uint8Array): boolean {
  return owners.has(chunk);
}

/** Says so of a chunk; only for whoever made, or received, its buffer. */
export function withOwnBuffer<T extends Uint8Array>(chunk: T): T {
  if (chunk.byteLength >= worthHandingOver) owners.add(chunk);
  return chunk;
}

/** The same bytes in a buffer of their own. */
export function inOwnBuffer(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return withOwnBuffer(copy);
}
