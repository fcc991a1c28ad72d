// Two peers that have told each other where they take direct links, over real sockets on loopback. For tests of how links come about.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { createLog } from '../../../../../src/sidecar/log.ts';
import { type DialOptions, type Expectation, Links, type LinkSettings } from '../../../../../src/sidecar/network/links/links.ts';
import type { Offer } from '../../../../../src/sidecar/network/links/offer.ts';
import type { Link } from '../../../../../src/sidecar/network/links/stream.ts';

export const deadlineMs = 10_000;

export function inTime(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(deadlineMs) };
}

export class LinkPeer {
  readonly keyPair = NoiseSecretStream.keyPair();
  readonly links: Links;
  readonly settings: LinkSettings;
  readonly log: string[] = [];
  /** Links that others made to us, as they come. */
  readonly arrived: Link[] = [];
  readonly #changes = new EventTarget();

  private constructor(settings: Partial<LinkSettings>) {
    this.settings = { linkListen: true, linkHost: '', linkPort: 0, ...settings };
    const changed = () => this.#changes.dispatchEvent(new Event('change'));
    this.links = new Links({
      keyPair: this.keyPair,
      log: createLog((entry) => {
        this.log.push(entry.message);
        changed();
      }),
      settings: () => this.settings,
      isLoopback: () => true,
      publicHost: () => undefined,
      onChange: changed,
    });
  }

  /** Listens by the time it is returned, when it is to. */
  static async open(t: TestContext, settings: Partial<LinkSettings> = {}): Promise<LinkPeer> {
    const peer = new LinkPeer(settings);
    t.after(() => {
      peer.links.close();
      for (const { stream } of peer.arrived) stream.destroy();
    });
    await peer.links.open();
    if (peer.settings.linkListen) await peer.until('it listens', () => Object.keys(peer.links.status).length > 0);
    return peer;
  }

  get port(): number {
    return Number(this.links.status.address?.split(':')[1] ?? 0);
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    const { signal } = inTime();
    while (!isTrue()) {
      await once(this.#changes, 'change', { signal }).catch(() => assert.fail(`${what}: not within ${deadlineMs} ms`));
    }
  }

  /** What a session with that peer gives away for its link. */
  expect(other: LinkPeer, remote: Offer | undefined): Expectation {
    const expectation: Expectation = {
      ...{ own: this.links.newOffer(), remoteKey: other.keyPair.publicKey, remote },
      onLink: (link) => {
        this.arrived.push(link);
        this.#changes.dispatchEvent(new Event('change'));
      },
    };
    this.links.expect(expectation);
    return expectation;
  }
}

/** A session between the two: each knows the other's offer. */
export function introduce(one: LinkPeer, other: LinkPeer): { own: Expectation; theirs: Expectation } {
  const own = one.expect(other, undefined);
  const theirs = other.expect(one, own.own);
  own.remote = theirs.own;
  return { own, theirs };
}

export function dialOptions(other: LinkPeer, signal = inTime().signal): DialOptions {
  return { remoteKey: other.keyPair.publicKey, remoteHost: '127.0.0.1', signal };
}

/** A TCP connection to a listener, as anybody can make. */
export async function knock(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect', inTime());
  return socket;
}

/** Resolves when the other side closed it. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (socket.destroyed) return;
  // Not `once` of node:events: it rejects at a reset.
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
}

/** Sends a frame and resolves with what the other end got. */
export async function carry(from: Link, to: Link, text: string): Promise<string> {
  const got = new Promise<string>((resolve) => to.stream.on('data', (frame) => resolve(frame.toString())));
  const frame = from.stream.alloc(Buffer.byteLength(text));
  frame.write(text);
  from.stream.write(frame);
  return got;
}
