// What a source says of a file before its bytes, checked as far as that can be done without them.

import { indexLimits } from '../../../limits.ts';
import type { FileSource, ReadReply } from '../../../wire/services.ts';
import { hashBytes } from '../../content/merkle.ts';
import { badContent } from '../../failures.ts';

/** The same reply. Throws `verification-failed` for what no file can be. */
export function checkedHead(source: FileSource, path: string, reply: ReadReply): ReadReply {
  const isSound =
    Number.isSafeInteger(reply.sizeBytes) &&
    reply.sizeBytes >= 0 &&
    reply.sizeBytes <= indexLimits.sizeBytes &&
    Number.isFinite(reply.mtimeMs) &&
    (reply.root === undefined || reply.root.length === hashBytes);
  if (!isSound) throw badContent(source.peerId, path, 'came with an impossible size, time or checksum');
  return reply;
}
