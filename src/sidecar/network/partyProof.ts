// From a party's name to what others may see of it: the topic on the DHT, and proofs of the name bound to one connection.
// The name itself never leaves this machine. Constants and byte order are part of the protocol: docs/wire-protocol.md.

import { randomBytes } from 'node:crypto';
import sodium from 'sodium-universal';
import { encode as encodeZ32 } from 'z32';

const hashBytes = 32;
const topicNamespace = Buffer.from('potluck/1 party topic');
const keyNamespace = Buffer.from('potluck/1 party key');
const proofNamespace = Buffer.from('potluck/1 party proof');
const audienceNamespace = Buffer.from('potluck/1 audience');
const audienceTagBytes = 16;
const contentNamespace = Buffer.from('potluck/1 content topic');

/** The topic under which members of a party meet: 32 bytes, keyed BLAKE2b-256 of the name. */
export function topicOf(partyName: string): Uint8Array {
  return blake2b([nameBytes(partyName)], topicNamespace);
}

/** The secret that members share: 32 bytes from the name, unrelated to the topic for whoever does not know the name. */
export function partyKeyOf(partyName: string): Uint8Array {
  return blake2b([nameBytes(partyName)], keyNamespace);
}

/**
 * Proves the name on one connection: a MAC over the Noise handshake hash and the public key of who proves. Neither another
 * connection nor the other side can use it.
 */
export function proofOf(partyName: string, handshakeHash: Uint8Array, proverKey: Uint8Array): Uint8Array {
  return blake2b([proofNamespace, handshakeHash, proverKey], partyKeyOf(partyName));
}

/** Says of one share that it may be passed on in the party: 16 bytes that are nothing to who does not know the name, and others for each share. */
export function audienceTagOf(partyName: string, shareId: string): Uint8Array {
  return blake2b([audienceNamespace, Buffer.from(shareId)], partyKeyOf(partyName)).subarray(0, audienceTagBytes);
}

/**
 * The topic under which members of a party find holders of a content: 32 bytes that nobody else can make or recognise. `root` is the content id's
 * 32 bytes.
 */
export function contentTopicOf(partyName: string, root: Uint8Array): Uint8Array {
  return blake2b([partyKeyOf(partyName), root], contentNamespace);
}

/** A name that nobody guesses: 128 random bits as 26 z-base-32 characters. */
export function randomPartyName(): string {
  return encodeZ32(randomBytes(16));
}

/** The same name typed on two keyboards gives the same bytes. */
function nameBytes(partyName: string): Uint8Array {
  return Buffer.from(partyName.normalize('NFC').trim());
}

function blake2b(inputs: Uint8Array[], key: Uint8Array): Uint8Array {
  const output = Buffer.alloc(hashBytes);
  sodium.crypto_generichash_batch(output, inputs, key);
  return output;
}
