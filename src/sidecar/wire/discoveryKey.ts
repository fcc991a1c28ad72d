// The id under which a feed is asked for: Hypercore's discovery key, which tells nothing of the feed's key to who does not have it.

import sodium from 'sodium-universal';

const namespace = Buffer.from('hypercore');

/** BLAKE2b-256 of `hypercore` under the feed's public key, as hypercore-crypto makes it: 32 bytes. */
export function discoveryKeyOf(feedKey: Uint8Array): Uint8Array {
  const discoveryKey = Buffer.alloc(32);
  sodium.crypto_generichash(discoveryKey, namespace, feedKey);
  return discoveryKey;
}
