// Which session gets which link: two nodes' links joined by sessions that are played by hand, over real sockets on loopback.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import test, { type TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../../src/protocol/ids.ts';
import type { Settings } from '../../../src/protocol/model.ts';
import { linkLimits } from '../../../src/sidecar/limits.ts';
import { createLog } from '../../../src/sidecar/log.ts';
import { type LinkedSession, NodeLinks } from '../../../src/sidecar/nodeLinks.ts';
import { peerIdOf } from '../../../src/sidecar/storage/identity.ts';
import { SettingsStore } from '../../../src/sidecar/storage/settings.ts';
import { Database } from '../../../src/sidecar/storage/database.ts';
import type { FrameStream, LinkOffer } from '../../../src/sidecar/wire/services.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const deadlineMs = 10_000;

/** One end of a session. What it offers is handed to the other end by `meet`. */
class PlayedSession implements LinkedSession {
  readonly peerId: PeerId;
  readonly #node: LinkNode;
  readonly offers: LinkOffer[] = [];
  readonly streams: FrameStream[] = [];
  isOpen = true;
  knowsLinks = true;
  onOffer: (offer: LinkOffer) => void = () => undefined;
  link: { kind: 'tls' | 'noise'; address: string } | undefined;

  constructor(node: LinkNode, other: LinkNode) {
    this.#node = node;
    this.peerId = other.peerId;
  }

  understands(): boolean {
    return this.knowsLinks;
  }

  offerLink(offer: LinkOffer): void {
    this.offers.push(offer);
    this.onOffer(offer);
  }

  attachLink(stream: FrameStream, link: { kind: 'tls' | 'noise'; address: string }): void {
    this.streams.push(stream);
    stream.on('data', () => undefined);
    if (this.link) return; // The wire keeps a second one by.
    this.link = link;
    stream.on('close', () => {
      this.link = undefined;
      this.#node.changes.emit('change');
      if (this.isOpen) this.#node.links.changed(this);
    });
    this.#node.links.changed(this);
  }

  close(): void {
    this.isOpen = false;
    this.#node.links.closed(this);
    for (const stream of this.streams) stream.destroy();
  }
}

class LinkNode {
  readonly keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  readonly peerId: PeerId;
  readonly changes = new EventEmitter();
  readonly log: string[] = [];
  readonly settings: SettingsStore;
  readonly links: NodeLinks;

  constructor(t: TestContext, seed: number, settings: Partial<Settings>) {
    this.keyPair = NoiseSecretStream.keyPair(Buffer.alloc(32, seed));
    this.peerId = peerIdOf(this.keyPair.publicKey);
    const folder = mkdtempSync(path.join(tmpdir(), 'potluck-links-'));
    const database = new Database(folder);
    this.settings = new SettingsStore(database, settings);
    const changed = (): void => void this.changes.emit('change');
    this.links = new NodeLinks({
      keyPair: this.keyPair,
      settings: this.settings,
      network: { remoteHostOf: () => '127.0.0.1', publicHost: undefined, isLoopback: true },
      log: createLog((entry) => {
        this.log.push(entry.message);
        changed();
      }),
      peers: { measure: () => undefined, changed },
      onChange: changed,
    });
    t.after(() => {
      this.links.close();
      database.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs);
    while (!isTrue()) {
      await once(this.changes, 'change', { signal }).catch(() => assert.fail(`${what}: not in time; ${this.log.join('; ')}`));
    }
  }
}

/** The first has the lower key. */
async function nodes(t: TestContext, settings: Partial<Settings>[] = [{}, {}]): Promise<[LinkNode, LinkNode]> {
  const [a, b] = [new LinkNode(t, 1, {}), new LinkNode(t, 2, {})];
  const isLower = Buffer.compare(a.keyPair.publicKey, b.keyPair.publicKey) < 0;
  const lower = new LinkNode(t, isLower ? 1 : 2, settings[0] ?? {});
  const higher = new LinkNode(t, isLower ? 2 : 1, settings[1] ?? {});
  for (const node of [lower, higher]) {
    await node.links.open();
    if (node.settings.get().linkListen) await node.until('it listens', () => node.links.status.address !== undefined);
  }
  return [lower, higher];
}

function meet(t: TestContext, one: LinkNode, other: LinkNode): [PlayedSession, PlayedSession] {
  const [near, far] = [new PlayedSession(one, other), new PlayedSession(other, one)];
  near.onOffer = (offer) => other.links.offered(far, offer);
  far.onOffer = (offer) => one.links.offered(near, offer);
  t.after(() => {
    near.close();
    far.close();
  });
  return [near, far];
}

function open(...sessions: [LinkNode, PlayedSession][]): void {
  for (const [node, session] of sessions) node.links.opened(session);
}

test('of two that listen the one with the lower key dials, at once', async (t) => {
  const [one, other] = await nodes(t);
  const [near, far] = meet(t, one, other);
  // The offer of whoever opens first is only heard by the other when that opened too, as in sessions.
  other.links.opened(far);
  one.links.opened(near);
  const [first] = far.offers;
  assert(first);
  one.links.offered(near, first);
  await one.until('its link', () => near.link !== undefined);
  await other.until('its link', () => far.link !== undefined);
  assert.deepEqual([near.link?.kind, far.link?.kind], ['tls', 'tls']);
  assert.equal(near.link?.address, other.links.status.address);
  assert.notEqual(far.link?.address, one.links.status.address);
});

test('when one does not listen the other one is dialled, whatever the keys', async (t) => {
  for (const settings of [
    [{ linkListen: false }, {}],
    [{}, { linkListen: false }],
  ]) {
    const [one, other] = await nodes(t, settings);
    const [near, far] = meet(t, one, other);
    open([other, far], [one, near]);
    for (const offer of far.offers) one.links.offered(near, offer);
    await one.until('its link', () => near.link !== undefined);
    await other.until('its link', () => far.link !== undefined);
  }
});

test('the one with the higher key dials when the other one could not', async (t) => {
  const [one, other] = await nodes(t);
  const [near, far] = meet(t, one, other);
  // What the lower one is told leads nowhere.
  far.onOffer = (offer) => one.links.offered(near, { ...offer, port: 1024 });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  open([one, near], [other, far]);
  for (const offer of near.offers) other.links.offered(far, offer);
  t.mock.timers.tick(1); // The lower one dials.
  await one.until('a failure', () => one.log.some((line) => line.startsWith('no direct link')));
  assert.equal(near.link, undefined);
  t.mock.timers.tick(linkLimits.secondDialMs);
  await one.until('its link', () => near.link !== undefined);
  assert.equal(far.link?.address, one.links.status.address);
});

test('a link that breaks comes again after a while', async (t) => {
  const [one, other] = await nodes(t);
  const [near, far] = meet(t, one, other);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  open([other, far], [one, near]);
  for (const offer of far.offers) one.links.offered(near, offer);
  t.mock.timers.tick(1);
  await one.until('its link', () => near.link !== undefined);
  await other.until('its link', () => far.link !== undefined);
  far.streams[0]?.destroy();
  await one.until('the break', () => near.link === undefined);
  t.mock.timers.tick(linkLimits.retryMs[0] - 1);
  assert.equal(near.streams.length, 1);
  t.mock.timers.tick(1);
  await one.until('its link again', () => near.link !== undefined);
});

test('a flood of offers does not make us dial all the time', async (t) => {
  const [one, other] = await nodes(t);
  const [near] = meet(t, one, other);
  one.links.opened(near);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const failures = () => one.log.filter((line) => line.startsWith('no direct link')).length;
  const [own] = near.offers;
  assert(own);
  for (let i = 0; i < 1000; i++) {
    one.links.offered(near, { ...own, port: 1024 + (i % 10), hosts: ['127.0.0.1'] });
    t.mock.timers.tick(1);
  }
  await one.until('the first failure', () => failures() === 1);
  for (let i = 0; i < 1000; i++) one.links.offered(near, { ...own, port: 1024 + (i % 10), hosts: ['127.0.0.1'] });
  t.mock.timers.tick(linkLimits.retryMs[0]);
  assert.equal(failures(), 1);
});

test('a peer that does not know direct links is offered none, and one that is gone is not dialled', async (t) => {
  const [one, other] = await nodes(t);
  const [near, far] = meet(t, one, other);
  near.knowsLinks = false;
  one.links.opened(near);
  assert.deepEqual(near.offers, []);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [next, end] = meet(t, one, other);
  open([other, end], [one, next]);
  for (const offer of end.offers) one.links.offered(next, offer);
  next.close();
  t.mock.timers.tick(60_000);
  assert.deepEqual([next.streams, far.streams, end.streams], [[], [], []]);
});

test('when the place where we listen changes everybody is told, with the same token', async (t) => {
  const [one, other] = await nodes(t);
  const [near] = meet(t, one, other);
  one.links.opened(near);
  one.settings.set({ linkListen: false });
  one.links.configure();
  assert.deepEqual(near.offers.map(({ port }) => port === 0).slice(-1), [true]);
  one.settings.set({ linkListen: true });
  one.links.configure();
  await one.until('it is told', () => (near.offers.at(-1)?.port ?? 0) > 0);
  assert.equal(new Set(near.offers.map(({ token }) => Buffer.from(token).toString('hex'))).size, 1);
  one.links.look();
  const told = near.offers.length;
  one.links.look();
  assert.equal(near.offers.length, told);
});
