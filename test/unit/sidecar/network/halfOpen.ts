// Plays a stranger at Hyperswarm's door: opens handshakes with keys made for it, and never goes on. Used by the bench, too.

import HyperDHT from 'hyperdht';
import NoiseWrap from 'hyperdht/lib/noise-wrap.js';
import sodium from 'sodium-universal';

export interface Door {
  publicKey: Uint8Array;
  host: string;
  port: number;
}

type KeyPair = HyperDHT.KeyPair;

/** A first packet of a handshake with `door`. */
export async function firstPacket(
  door: Door,
  { keyPair = HyperDHT.keyPair(), addresses = 1 }: { keyPair?: KeyPair; addresses?: number } = {},
) {
  const address = { host: '10.11.12.13', port: 4000 };
  return new NoiseWrap(keyPair, door.publicKey).send({
    error: 0,
    firewall: 1, // Open: it need not be punched to.
    holepunch: null,
    addresses4: Array.from({ length: addresses }, () => address),
    addresses6: [],
    udx: { reusableSocket: false, id: 1 + Math.floor(Math.random() * 2 ** 31), seq: 0 },
    secretStream: {},
    relayThrough: null,
  });
}

/** Whether the door answered. */
export async function knock(dht: HyperDHT, door: Door, noise: Uint8Array): Promise<boolean> {
  const { host, port } = door;
  try {
    await dht._router.peerHandshake(
      targetOf(door.publicKey),
      { noise, socket: dht.io.serverSocket, session: dht.session() },
      { host, port },
    );
    return true;
  } catch {
    return false;
  }
}

function targetOf(publicKey: Uint8Array): Buffer {
  const target = Buffer.alloc(32);
  sodium.crypto_generichash(target, publicKey);
  return target;
}
