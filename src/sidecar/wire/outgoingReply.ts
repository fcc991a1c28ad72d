// The bytes of one answer on their way out: cut into slices, within the peer's credit and the stream's room. Knows neither what is read
// nor why. Each byte is copied once, into the frame that carries it.

import { fileChanged } from './errors.ts';
import type { SendTurns } from './sendTurns.ts';

export interface OutgoingReply {
  chunks: AsyncIterable<Uint8Array>;
  /** What the chunks must come to. */
  expectedBytes: number;
  sliceBytes: number;
  turns: SendTurns;
  signal: AbortSignal;
  /** How much may be sent now. */
  credit(): number;
  /** Resolves when there is more, or the request has ended. */
  moreCredit(): Promise<void>;
  /** Takes the bytes before it returns, and their credit. */
  send(bytes: Uint8Array): void;
}

/** Resolves with true when all was sent, with false when the request ended meanwhile. Throws AppError `changed` when the chunks are more or fewer. */
export async function sendReply(reply: OutgoingReply): Promise<boolean> {
  const { expectedBytes, sliceBytes } = reply;
  /** The beginning of a slice whose other bytes are in the next chunk. */
  let rest: Buffer | undefined;
  let restBytes = 0;
  let taken = 0;
  for await (const chunk of reply.chunks) {
    taken += chunk.byteLength;
    if (taken > expectedBytes) throw fileChanged();
    for (let at = 0; at < chunk.byteLength;) {
      if (restBytes === 0 && chunk.byteLength - at >= sliceBytes) {
        if (!(await sendSlice(reply, chunk.subarray(at, at + sliceBytes)))) return false;
        at += sliceBytes;
        continue;
      }
      rest ??= Buffer.allocUnsafe(Math.min(sliceBytes, expectedBytes));
      const part = chunk.subarray(at, at + sliceBytes - restBytes);
      rest.set(part, restBytes);
      restBytes += part.byteLength;
      at += part.byteLength;
      if (restBytes < sliceBytes) break;
      if (!(await sendSlice(reply, rest))) return false;
      restBytes = 0;
    }
  }
  if (taken < expectedBytes) throw fileChanged();
  return restBytes === 0 || !rest || sendSlice(reply, rest.subarray(0, restBytes));
}

/** Waits only when there is something to wait for: most slices go out in one go. */
function sendSlice(reply: OutgoingReply, bytes: Uint8Array): boolean | Promise<boolean> {
  if (reply.signal.aborted) return false;
  if (reply.credit() < bytes.byteLength) return sendLater(reply, bytes);
  const turn = reply.turns.send(() => {
    if (!reply.signal.aborted) reply.send(bytes);
  });
  return turn ? turn.then(() => !reply.signal.aborted) : true;
}

async function sendLater(reply: OutgoingReply, bytes: Uint8Array): Promise<boolean> {
  while (reply.credit() < bytes.byteLength && !reply.signal.aborted) await reply.moreCredit();
  return sendSlice(reply, bytes);
}
