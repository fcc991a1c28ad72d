// The lasting key pair of this peer: made once, kept in `identity.key` (mode 0600), never overwritten.

import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, linkSync, lstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import sodium from 'sodium-universal';
import z32 from 'z32';
import type { PeerId } from '../../protocol/ids.ts';

export interface Identity {
  peerId: PeerId;
  publicKey: Buffer;
  /** libsodium's 64-byte form: seed and public key. */
  secretKey: Buffer;
}

const seedBytes = 32;

/** Reads the identity of a data folder, making it on the first start. Throws, and leaves the file alone, when it is damaged. */
export function loadIdentity(dataFolder: string): Identity {
  const file = path.join(dataFolder, 'identity.key');
  if (!lstatSync(file, { throwIfNoEntry: false })) createSeed(file);
  const stats = lstatSync(file);
  if (!stats.isFile()) throw new Error(`${file} is not a file. Move it away, or restore the identity from a backup.`);
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) chmodSync(file, 0o600);
  const seed = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (seed.length !== seedBytes) {
    throw new Error(
      `${file} is damaged: it should hold ${seedBytes * 2} hex characters. Restore it from a backup; deleting it makes you a new peer to everybody.`,
    );
  }
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { peerId: peerIdOf(publicKey), publicKey, secretKey };
}

/** A peer's id from its 32-byte public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return z32.encode(publicKey) as PeerId;
}

/** The 32-byte public key behind a checked id. */
export function publicKeyOf(peerId: PeerId): Buffer {
  return Buffer.from(z32.decode(peerId));
}

/** 26 z-base-32 characters from 16 random bytes: ids of shares and downloads. */
export function randomId(): string {
  return z32.encode(randomBytes(16));
}

function createSeed(file: string): void {
  const draft = `${file}.${process.pid}.new`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(seedBytes).toString('hex')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file); // Fails when another start made one meanwhile: an identity is never replaced.
  } finally {
    rmSync(draft);
  }
}
