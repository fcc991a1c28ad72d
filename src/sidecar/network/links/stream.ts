// What a link is to its users, whatever carries it, and the last step of every handshake: of several connections that were proven at once the
// dialer takes one, by a frame of one byte.

import type { DirectKind } from './offer.ts';

/** FrameStream of wire/services.ts. */
export interface LinkStream {
  readonly rawStream: { on(event: 'data', listener: () => void): unknown; bytesReceived?: number; bytesTransmitted?: number };
  readonly destroying: boolean;
  alloc(bytes: number): Buffer;
  write(frame: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  pause(): unknown;
  resume(): unknown;
  on(event: 'data', listener: (frame: Buffer) => void): unknown;
  on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A proven direct link. `address`: `host:port` of the other side, for showing. */
export interface Link {
  stream: LinkStream;
  kind: DirectKind;
  address: string;
  isDialer: boolean;
}

const takenByte = 1;

/** The dialer's: tells the listener that this connection is the one. */
export function takeLink(stream: LinkStream): void {
  const frame = stream.alloc(1);
  frame[0] = takenByte;
  stream.write(frame);
}

/** The listener's: true when the dialer took it; false when it broke, or something else came. Paused again then. */
export async function isTaken(stream: LinkStream & RemovesListeners): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isIt: boolean): void => {
      stream.removeListener('data', onFrame);
      stream.removeListener('close', onClose);
      resolve(isIt);
    };
    const onFrame = (frame: Buffer): void => {
      stream.pause(); // In the same turn: what follows is the session's.
      end(frame.length === 1 && frame[0] === takenByte);
    };
    const onClose = (): void => end(false);
    stream.on('data', onFrame);
    stream.on('close', onClose);
  });
}

export interface RemovesListeners {
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
}

/** `host:port`, with brackets around IPv6. */
export function addressText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
