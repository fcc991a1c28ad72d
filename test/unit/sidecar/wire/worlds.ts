// What the wire tests share: two ends of an encrypted stream in memory, sessions on them, a remote peer played by hand, and waiting
// with a deadline.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { duplexPair } from 'node:stream';
import { afterEach } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import Protomux, { type Encoding, type Message } from 'protomux';
import type { ShareId } from '../../../../src/protocol/ids.ts';
import type { LinkKind, LogEntry } from '../../../../src/protocol/model.ts';
import { createLog } from '../../../../src/sidecar/log.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import type { MeetingMessage } from '../../../../src/sidecar/wire/meetingMessages.ts';
import type {
  FileServer,
  LinkOffer,
  LocalHello,
  PassedOwner,
  PeerSession,
  ReadRequest,
  SearchServer,
  SessionEvents,
  ShareAnnouncement,
  ShareRemoval,
} from '../../../../src/sidecar/wire/services.ts';
import { openSession, type SessionConnection, type SessionOptions } from '../../../../src/sidecar/wire/session.ts';

export const shareId = 'yyyyyyyyyyyyyyyyyyyyyyyyyy' as ShareId;

export const readRequest: ReadRequest = { shareId, path: 'a folder/a file', offset: 0, needsRoot: false };

export const announcement: ShareAnnouncement = {
  shareId,
  title: 'Música 🎵',
  feedKey: Buffer.alloc(32, 1),
  encryptionKey: Buffer.alloc(32, 2),
  feedLength: 7,
  fileCount: 12_000,
  folderCount: 300,
  totalBytes: Number.MAX_SAFE_INTEGER,
  revision: 3,
  updatedAtMs: 1_700_000_000_000,
};

export const never: AbortSignal = new AbortController().signal;

/** Streams of the test that runs: their sessions' timers would keep the process. */
const opened = new Set<NoiseSecretStream>();

afterEach(() => {
  for (const stream of opened) stream.destroy();
  opened.clear();
});

/** A server that refuses everything; tests replace what they need. */
export const emptyServer: FileServer = {
  read: () => Promise.reject(new Error('nothing here')),
  readPack: () => Promise.reject(new Error('nothing here')),
  hashes: () => Promise.reject(new Error('nothing here')),
  holding: () => Promise.reject(new Error('nothing here')),
};

export const emptySearchServer: SearchServer = { search: () => Promise.resolve([]) };

/** Serves one file of these bytes, in chunks of `chunkBytes`, and tells how much was taken from it. */
export function serverOf(file: Uint8Array, chunkBytes = 65_536): FileServer & { takenBytes: number; requests: ReadRequest[] } {
  const server = {
    ...emptyServer,
    takenBytes: 0,
    requests: [] as ReadRequest[],
    read(_peerId: unknown, request: ReadRequest, { signal }: { signal: AbortSignal }) {
      server.requests.push(request);
      const wanted = file.subarray(request.offset, request.length === undefined ? undefined : request.offset + request.length);
      async function* bytes() {
        for (let at = 0; at < wanted.byteLength; at += chunkBytes) {
          await Promise.resolve();
          signal.throwIfAborted();
          const chunk = wanted.subarray(at, at + chunkBytes);
          server.takenBytes += chunk.byteLength;
          yield chunk;
        }
      }
      const root = Buffer.alloc(32, 9);
      return Promise.resolve({
        sizeBytes: file.byteLength,
        mtimeMs: 1234.5,
        root: undefined,
        version: undefined,
        link: 'session' as const,
        bytes: bytes(),
        end: () => Promise.resolve(root),
      });
    },
    hashes: () => Promise.resolve({ leaves: [Buffer.alloc(32, 1)], uncles: [Buffer.alloc(32, 2)] }),
  };
  return server;
}

export interface Keys {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

/** Two ends of an encrypted stream in memory. */
export async function pairedStreams(): Promise<{ streams: [NoiseSecretStream, NoiseSecretStream]; keys: [Keys, Keys] }> {
  const keys: [Keys, Keys] = [NoiseSecretStream.keyPair(), NoiseSecretStream.keyPair()];
  const [near, far] = duplexPair();
  const one = new NoiseSecretStream(true, near, { keyPair: keys[0] });
  const other = new NoiseSecretStream(false, far, { keyPair: keys[1] });
  for (const stream of [one, other]) opened.add(stream.on('error', () => undefined));
  await Promise.all([one.opened, other.opened]);
  return { streams: [one, other], keys };
}

export function connectionOf(stream: NoiseSecretStream): SessionConnection {
  const { remotePublicKey, handshakeHash, isInitiator } = stream;
  assert(remotePublicKey && handshakeHash);
  return { stream, remotePublicKey, handshakeHash, isInitiator, peerId: peerIdOf(remotePublicKey) };
}

/** A session with everything that it reported. */
export interface Side {
  session: PeerSession;
  log: LogEntry[];
  announced: ShareAnnouncement[][];
  removed: ShareRemoval[];
  passedOn: PassedOwner[];
  wanted: Uint8Array[];
  /** What is done about them. */
  onWanted: ((discoveryKey: Uint8Array) => void) | undefined;
  closedFor: string | undefined;
  isOpened: boolean;
  updates: number;
  offers: LinkOffer[];
  /** After each change of links. */
  linkKinds: LinkKind[];
  met: MeetingMessage[];
  /** How it ended. */
  wasHostile: boolean | undefined;
  until(what: string, isTrue: () => boolean): Promise<void>;
}

export function createSide(stream: NoiseSecretStream, options: Partial<SessionOptions> = {}): Side {
  const changes = new EventEmitter();
  const changed = () => changes.emit('change');
  const log: LogEntry[] = [];
  const events: SessionEvents = {
    opened() {
      side.isOpened = true;
      changed();
    },
    closed(_session, reason, isHostile) {
      side.wasHostile = isHostile;
      side.closedFor = reason;
      changed();
    },
    updated() {
      side.updates++;
      changed();
    },
    announced(_session, shares) {
      side.announced.push(shares.map((share) => share.announcement));
      changed();
    },
    removed(_session, _owner, removals) {
      side.removed.push(...removals);
      changed();
    },
    passedOn(_session, owner) {
      side.passedOn.push(owner);
      changed();
    },
    wantsFeed(_session, discoveryKey) {
      side.wanted.push(discoveryKey);
      side.onWanted?.(discoveryKey);
      changed();
    },
    linkOffered(_session, offer) {
      side.offers.push(offer);
      changed();
    },
    met(_session, message) {
      side.met.push(message);
      changed();
    },
    linkChanged(changedSession) {
      side.linkKinds.push(changedSession.linkKind);
      changed();
    },
  };
  const side: Omit<Side, 'session'> = {
    log,
    announced: [],
    removed: [],
    passedOn: [],
    wanted: [],
    onWanted: undefined,
    closedFor: undefined,
    isOpened: false,
    updates: 0,
    offers: [],
    linkKinds: [],
    met: [],
    wasHostile: undefined,
    until: (what, isTrue) => untilTrue(changes, what, isTrue),
  };
  const session = openSession({
    connection: connectionOf(stream),
    local: localHello(),
    fileServer: emptyServer,
    searchServer: emptySearchServer,
    events,
    log: createLog((entry) => log.push(entry)),
    ...options,
  });
  return Object.assign(side, { session });
}

export function localHello(changes: Partial<LocalHello> = {}): LocalHello {
  return { nickname: () => 'Ada', agent: 'potluck/0.1.0', partyProofs: () => [], ...changes };
}

/** Two sessions that are open. */
export async function openSides(
  options: { one?: Partial<SessionOptions>; other?: Partial<SessionOptions> } = {},
): Promise<{ one: Side; other: Side; keys: [Keys, Keys]; streams: [NoiseSecretStream, NoiseSecretStream] }> {
  const { streams, keys } = await pairedStreams();
  const one = createSide(streams[0], options.one);
  const other = createSide(streams[1], options.other);
  await one.until('opening', () => one.isOpened);
  await other.until('opening', () => other.isOpened);
  return { one, other, keys, streams };
}

/** A remote peer without our session: sends what it is told, in any order, right or wrong. */
export class HandPlayed {
  readonly stream: NoiseSecretStream;
  readonly muxer: Protomux;
  readonly #messages: Message<Uint8Array>[] = [];
  readonly #changes = new EventEmitter();
  /** What came in, by type. */
  readonly received: { type: number; body: Uint8Array }[] = [];

  constructor(stream: NoiseSecretStream, protocol = 'potluck/1') {
    this.stream = stream;
    this.muxer = new Protomux(stream);
    const channel = this.muxer.createChannel({ protocol });
    assert(channel);
    const raw: Encoding<Uint8Array> = {
      preencode: (state, value) => void (state.end += value.byteLength),
      encode(state, value) {
        state.buffer?.set(value, state.start);
        state.start += value.byteLength;
      },
      decode(state) {
        const body = Buffer.from(state.buffer?.subarray(state.start, state.end) ?? []);
        state.start = state.end;
        return body;
      },
    };
    for (let type = 0; type < 40; type++) {
      const onmessage = (body: Uint8Array) => {
        this.received.push({ type, body });
        this.#changes.emit('change');
      };
      this.#messages.push(channel.addMessage({ encoding: raw, onmessage }));
    }
    channel.open();
  }

  send(type: number, body: Uint8Array): void {
    this.#messages[type]?.send(body);
  }

  say<T>(type: number, encoding: Encoding<T>, value: T): void {
    this.send(type, codec.encodeWhole(encoding, value));
  }

  hello(changes: Partial<codec.HelloMessage> = {}): void {
    this.say(types.hello, codec.hello, {
      version: 1,
      minVersion: 1,
      capabilities: [],
      nickname: 'Mallory',
      agent: 'by hand',
      proofs: [],
      intents: 0,
      ...changes,
    });
  }

  async until(what: string, type: number): Promise<void> {
    await untilTrue(this.#changes, what, () => this.received.some((message) => message.type === type));
  }

  /** The next message of a type, or the one that came already. */
  async next<T>(type: number, encoding: Encoding<T>): Promise<T> {
    await this.until(`message ${type}`, type);
    const index = this.received.findIndex((message) => message.type === type);
    const [message] = this.received.splice(index, 1);
    assert(message);
    return codec.decodeWhole(encoding, message.body);
  }
}

/** Message type numbers, as docs/wire-protocol.md has them: not taken from the code under test. */
export const types = {
  hello: 0,
  announcements: 1,
  ping: 2,
  pong: 3,
  read: 4,
  head: 5,
  data: 6,
  end: 7,
  hashesRequest: 8,
  hashesReply: 9,
  credit: 10,
  cancel: 11,
  refused: 12,
  working: 13,
  update: 14,
  removals: 15,
  passOn: 16,
  search: 17,
  found: 18,
  pack: 19,
  holding: 20,
  held: 21,
  linkOffer: 22,
  redeem: 23,
  redeemed: 24,
  roster: 25,
  members: 26,
  access: 27,
  relay: 28,
} as const;

/** One of our sessions facing a remote played by hand. */
export async function faceHandPlayed(
  options: Partial<SessionOptions> = {},
): Promise<{ side: Side; remote: HandPlayed; keys: [Keys, Keys] }> {
  const { streams, keys } = await pairedStreams();
  const side = createSide(streams[0], options);
  const remote = new HandPlayed(streams[1]);
  return { side, remote, keys };
}

/** The session ended, the log says why, and the remote saw its connection close. */
export async function endsFor(side: Side, reason: RegExp): Promise<void> {
  await side.until('ending', () => side.closedFor !== undefined);
  assert.match(side.closedFor ?? '', reason);
  assert.equal(side.session.isOpen, false);
  const told = side.log.filter(({ level, message }) => level === 'warn' && reason.test(message));
  assert.equal(told.length, 1, 'logged once');
}

export async function introduced(options: Parameters<typeof faceHandPlayed>[0] = {}): ReturnType<typeof faceHandPlayed> {
  const world = await faceHandPlayed(options);
  world.remote.hello();
  await world.side.until('opening', () => world.side.isOpened);
  return world;
}

/** Until `isTrue`, asked again at every change; fails after `deadlineMs`. */
export async function untilTrue(changes: EventEmitter, what: string, isTrue: () => boolean, deadlineMs = 5000): Promise<void> {
  const signal = AbortSignal.timeout(deadlineMs);
  while (!isTrue()) await once(changes, 'change', { signal }).catch(() => assert.fail(`${what}: not within ${deadlineMs} ms`));
}

/** One of many shares. */
export function shareIdOf(i: number): ShareId {
  const digits = [...String(i).padStart(4, '0')].map((digit) => 'ybndrfg8ej'[Number(digit)]).join('');
  return (digits + shareId.slice(4)) as ShareId;
}

/** Lets everything that is ready run: streams in memory need some turns of the event loop, and no time. */
export async function settled(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Numbers that look random and repeat with the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
