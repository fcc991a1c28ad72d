// Receives a TLS socket's bytes right where they belong, past Node's streams: a third less work for the receiver. Node has an option for that,
// `onread` of net.Socket, and takes it for a TLS socket that makes its own connection; for one that was accepted it ignores it (Node 22 and 24).

import type { OnReadOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FrameReader } from './frameReader.ts';

/** The option `onread` for a socket that dials. */
export function onreadOf(reader: FrameReader) {
  return { buffer: () => reader.target(), callback: (bytes: number) => reader.filled(bytes) } satisfies OnReadOpts;
}

/**
 * The same for an accepted socket, in the turn in which it was made: does what the option does where Node looks at it. False, and nothing
 * done, when this Node has it elsewhere. tlsLink.ts tries it before it is relied on.
 */
export function readInto(socket: TLSSocket, reader: FrameReader): boolean {
  const { buffer, callback } = onreadOf(reader);
  const symbols = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const [kBuffer, kBufferGen, kBufferCb] = ['kBuffer', 'kBufferGen', 'kBufferCb'].map((name) => symbols.get(name));
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!kBuffer || !kBufferGen || !kBufferCb || typeof handle !== 'object' || handle === null) return false;
  const useUserBuffer: unknown = Reflect.get(handle, 'useUserBuffer');
  if (typeof useUserBuffer !== 'function') return false;
  const first = reader.target();
  Reflect.apply(useUserBuffer, handle, [first]);
  Reflect.set(socket, kBuffer, first);
  Reflect.set(socket, kBufferGen, buffer);
  Reflect.set(socket, kBufferCb, callback);
  return true;
}
