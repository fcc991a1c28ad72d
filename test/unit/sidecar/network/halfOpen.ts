// Plays a stranger at Hyperswarm's door: opens handshakes with keys made for it, and never goes on. Used by the bench, too.

import { createSocket } from 'node:dgram';
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

/** The same as a packet to be sent from any UDP socket: a request of dht-rpc (lib/io.js) with a handshake of hyperdht (lib/messages.js) in it. */
export function packetOf(door: Door, noise: Uint8Array): Buffer {
  const id = Math.floor(Math.random() * 65_536);
  const handshake = Buffer.concat([Buffer.from([0, 0]), sized(noise)]); // No addresses, from a client.
  const head = [3, 8 + 16, id & 255, id >> 8, ...door.host.split('.').map(Number), door.port & 255, door.port >> 8, 0];
  return Buffer.concat([Buffer.from(head), targetOf(door.publicKey), sized(handshake)]);
}

/** Handshakes that never finish, each with a key of its own: made beforehand, then sent as fast as a socket takes them. */
export async function flood(door: Door, count: number): Promise<void> {
  await sendAll(door, await packetsOf(door, count));
}

/** The packets of a flood. Making one takes longer than answering it. */
export async function packetsOf(door: Door, count: number): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: count }, async () => packetOf(door, await firstPacket(door))));
}

export async function sendAll(door: Door, packets: readonly Buffer[]): Promise<void> {
  const socket = createSocket('udp4');
  const send = (packet: Buffer): Promise<void> =>
    new Promise((resolve) => {
      // A full socket drops it, as a network would.
      socket.send(packet, door.port, door.host, () => resolve());
    });
  for (const packet of packets) await send(packet);
  socket.close();
}

/** With its length before it, as compact-encoding does. */
function sized(bytes: Uint8Array): Buffer {
  const length = bytes.byteLength;
  return Buffer.concat([Buffer.from(length < 0xfd ? [length] : [0xfd, length & 255, length >> 8]), bytes]);
}

function targetOf(publicKey: Uint8Array): Buffer {
  const target = Buffer.alloc(32);
  sodium.crypto_generichash(target, publicKey);
  return target;
}
