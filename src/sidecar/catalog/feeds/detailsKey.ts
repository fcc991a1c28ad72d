// The key that encrypts the feed of what is known of a share's files: whoever may have the index may have that. docs/index-format.md.

import { createHash } from 'node:crypto';

/** `shareKey` is the encryption key of the share's index. */
export function detailsKeyOf(shareKey: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update('potluck/1 details\0').update(shareKey).digest());
}
