// One connected, authenticated peer: introduces both sides, then carries announcements, feeds and requests until either side, the
// network or a broken rule ends it. Faces strangers: whatever arrives ends at worst this session, never the process.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Traffic } from '../../protocol/model.ts';
import { wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf } from '../storage/identity.ts';
import { Asking, type RequestTimes } from './asking.ts';
import { openChannel, type PotluckChannel } from './channel.ts';
import type { Capability } from './capabilities.ts';
import type { HelloMessage } from './codec.ts';
import { peerGone, protocolViolation, reasonOf, searchNotUnderstood } from './errors.ts';
import { GuardedMuxer } from './guardedMuxer.ts';
import { Hearsay } from './hearsay.ts';
import { Introduction } from './introduction.ts';
import { Liveness } from './liveness.ts';
import { OwnShares } from './ownShares.ts';
import { Passing } from './passing.ts';
import { RemoteShares } from './remoteShares.ts';
import { SendTurns } from './sendTurns.ts';
import { Serving } from './serving.ts';
import type {
  FileServer,
  HashesReply,
  HashesRequest,
  LocalHello,
  PassedOwner,
  PeerSession,
  ReadReply,
  ReadRequest,
  RemoteHello,
  RemoteSearchHit,
  RemoteSearchRequest,
  ReplicableCore,
  SearchServer,
  SessionEvents,
  SignedAnnouncement,
} from './services.ts';
import { SignatureChecks } from './signatureChecks.ts';
import { Coalesced, updateBudget } from './updatePace.ts';

/** What the wire needs of a connection; the network makes them. */
export interface SessionConnection {
  stream: NoiseSecretStream;
  peerId: PeerId;
  remotePublicKey: Uint8Array;
  handshakeHash: Uint8Array;
  isInitiator: boolean;
}

export interface SessionOptions {
  connection: SessionConnection;
  local: LocalHello;
  fileServer: FileServer;
  searchServer: SearchServer;
  events: SessionEvents;
  log: Log;
  /** Other deadlines than those of limits.ts, for tests. */
  times?: Partial<SessionTimes>;
}

type SessionTimes = RequestTimes & Record<'helloMs' | 'silenceMs' | 'passOnMs', number>;

const connectionClosed = 'the connection was closed';

/** Starts a session in the turn in which the connection was handed over. The hello runs by itself; see SessionEvents. */
export function openSession(options: SessionOptions): PeerSession {
  const session = new Session(options);
  session.open();
  return session;
}

class Session implements PeerSession {
  readonly peerId: PeerId;
  hello: RemoteHello;
  readonly #connection: SessionConnection;
  readonly #events: SessionEvents;
  readonly #log: Log;
  readonly #times: SessionTimes;
  readonly #introduction: Introduction;
  readonly #muxer: GuardedMuxer;
  readonly #liveness: Liveness;
  readonly #turns: SendTurns;
  readonly #channel: PotluckChannel;
  readonly #asking: Asking;
  readonly #serving: Serving;
  readonly #helloUpdates = new Coalesced(() => this.#channel.hello(this.#introduction.own()));
  readonly #helloBudget = updateBudget();
  readonly #checks = new SignatureChecks({ onFailure: (thrown) => this.#fail(thrown) });
  readonly #ownShares: OwnShares;
  readonly #remoteShares: RemoteShares;
  readonly #passing: Passing;
  readonly #hearsay: Hearsay;
  #helloTimer: NodeJS.Timeout | undefined;
  #hasHello = false;
  #isClosed = false;

  constructor({ connection, local, fileServer, searchServer, events, log, times }: SessionOptions) {
    const { stream, peerId, handshakeHash, remotePublicKey } = connection;
    this.peerId = peerId;
    this.#connection = connection;
    this.#events = events;
    this.#log = log;
    this.#times = { ...wireLimits, ...times };
    const ownKey = stream.publicKey;
    if (!ownKey) throw new AppError('internal', 'A session was opened before the handshake.');
    this.#introduction = new Introduction(local, { handshakeHash, ownKey, remoteKey: remotePublicKey });
    this.hello = this.#introduction.current();
    this.#liveness = new Liveness({
      silenceMs: this.#times.silenceMs,
      onPing: (id) => this.#channel.ping(id),
      onDead: () => this.close(`it was silent for ${this.#times.silenceMs / 1000} s`),
    });
    this.#muxer = new GuardedMuxer(stream, {
      onActivity: () => this.#liveness.heard(),
      onFailure: (error) => this.#fail(error),
      onWritable: () => this.#turns.wake(),
    });
    this.#turns = new SendTurns(() => this.#muxer.isWritable);
    this.#channel = openChannel(this.#muxer, {
      onHello: (message) => this.#onHello(message),
      onAnnouncements: (message) => this.#remoteShares.onList(message),
      onUpdate: (message) => this.#remoteShares.onUpdate(message),
      onRemovals: (message) => this.#remoteShares.onRemovals(message),
      onPassOn: (message) => this.#hearsay.onPassOn(message),
      onPing: (id) => this.#channel.pong(id),
      onPong: (id) => {
        if (!this.#liveness.onPong(id)) throw protocolViolation('it answers a ping that was not sent');
      },
      asking: {
        onHead: (message) => this.#asking.onHead(message),
        onData: (message) => this.#asking.onData(message),
        onEnd: (message) => this.#asking.onEnd(message),
        onHashes: (message) => this.#asking.onHashes(message),
        onFound: (message) => this.#asking.onFound(message),
        onRefused: (message) => this.#asking.onRefused(message),
        onWorking: (message) => this.#asking.onWorking(message),
      },
      serving: {
        onRead: (message) => this.#serving.onRead(message),
        onHashes: (message) => this.#serving.onHashes(message),
        onSearch: (message) => this.#serving.onSearch(message),
        onCredit: (message) => this.#serving.onCredit(message),
        onCancel: (message) => this.#serving.onCancel(message),
      },
      mayTake: (type) => this.#mayTake(type),
      onClose: () => this.close(stream.destroying ? connectionClosed : 'it does not speak this version of Potluck, or left'),
    });
    this.#muxer.pair({ protocol: 'hypercore/alpha' }, (id) => this.#onFeedWanted(id));
    const understands = (capability: Capability) => this.#understands(capability);
    this.#ownShares = new OwnShares({
      sendList: (shares) => this.#channel.announcements(shares),
      sendUpdate: (message) => this.#channel.update(message),
      sendRemovals: (removals) => this.#channel.removals(removals),
      understands,
    });
    this.#remoteShares = new RemoteShares({
      ownerKey: remotePublicKey,
      checks: this.#checks,
      onShares: (shares) => this.#tell('announced', () => this.#events.announced(this, shares)),
      onRemovals: (removals) => this.#tell('removed', () => this.#events.removed(this, peerId, removals)),
    });
    this.#passing = new Passing({
      passOnMs: this.#times.passOnMs,
      isUnderstood: () => understands('pass-on'),
      send: (message) => this.#channel.passOn(message),
      revisionThere: (owner, shareId) => this.#hearsay.revisionOf(owner, shareId),
    });
    this.#hearsay = new Hearsay({
      ignored: new Set([peerId, peerIdOf(ownKey)]),
      checks: this.#checks,
      onOwner: (owner) => {
        this.#passing.look();
        this.#tell('passedOn', () => this.#events.passedOn(this, owner));
      },
    });
    this.#asking = new Asking({
      peerId,
      send: this.#channel.ask,
      times: this.#times,
      onUnresponsive: (reason) => this.close(reason),
    });
    this.#serving = new Serving({
      peerId,
      server: fileServer,
      searchServer,
      send: this.#channel.serve,
      turns: this.#turns,
      times: this.#times,
      log,
    });
    stream.on('error', (error: Error) => this.close(`the connection failed: ${error.message}`));
    stream.on('close', () => this.close(connectionClosed));
  }

  open(): void {
    this.#helloTimer = setTimeout(() => this.close('it did not introduce itself in time', { isTold: true }), this.#times.helloMs);
    this.#helloUpdates.request();
    this.#liveness.open();
  }

  get isOpen(): boolean {
    return this.#hasHello && !this.#isClosed;
  }

  get traffic(): Traffic {
    const { bytesReceived = 0, bytesTransmitted = 0 } = this.#connection.stream.rawStream;
    return { receivedBytes: bytesReceived, sentBytes: bytesTransmitted };
  }

  get roundTripMs(): number | undefined {
    return this.#liveness.roundTripMs;
  }

  updateHello(): void {
    if (this.#isClosed) return;
    this.hello = this.#introduction.current();
    this.#helloUpdates.request();
  }

  announce(shares: SignedAnnouncement[]): void {
    if (this.#isClosed) return;
    this.#ownShares.announce(shares);
  }

  announceRemovals(removals: SignedAnnouncement[]): void {
    if (!this.#isClosed) this.#ownShares.announceRemovals(removals);
  }

  passOn(owners: PassedOwner[]): void {
    if (!this.#isClosed) this.#passing.set(owners);
  }

  replicate(core: ReplicableCore): void {
    if (!this.#isClosed) core.replicate(this.#muxer);
  }

  async read(request: ReadRequest, options: { signal: AbortSignal }): Promise<ReadReply> {
    return this.#asking.read(request, options);
  }

  async hashes(request: HashesRequest, options: { signal: AbortSignal }): Promise<HashesReply> {
    return this.#asking.hashes(request, options);
  }

  async search(request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    if (!this.#understands('search')) throw searchNotUnderstood(this.peerId);
    const hits = await this.#asking.search(request, options);
    // One that went while it was searched is no fault.
    return hits.filter(({ shareId }) => this.#remoteShares.has(shareId));
  }

  /** `isTold`: no attack, but a person should find it in the log file. */
  close(reason: string, { isHostile = false, isTold = false }: { isHostile?: boolean; isTold?: boolean } = {}): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#helloTimer);
    this.#helloUpdates.close();
    this.#ownShares.close();
    this.#passing.close();
    this.#checks.close();
    this.#liveness.close();
    this.#asking.close(peerGone(reason));
    this.#serving.close();
    this.#turns.close();
    this.#connection.stream.destroy();
    if (isHostile) this.#log.warn(`session with ${this.peerId} ended: ${reason}`);
    else if (isTold) this.#log.info(`session with ${this.peerId} ended: ${reason}`);
    else this.#log.debug(`session with ${this.peerId} ended: ${reason}`);
    this.#tell('closed', () => this.#events.closed(this, reason));
  }

  #fail(thrown: unknown): void {
    // Errors of encodings and of feeds are plain ones; they too come from what the peer sent.
    const isHostile = !(thrown instanceof AppError) || thrown.kind === 'protocol';
    this.close(reasonOf(thrown), { isHostile, isTold: true });
  }

  #mayTake(type: 'hello' | 'other'): boolean {
    if (this.#isClosed) return false;
    if (!this.#hasHello && type === 'other') throw protocolViolation('it speaks before its hello');
    return true;
  }

  #onHello(message: HelloMessage): void {
    if (!this.#helloBudget.take()) throw protocolViolation('it introduces itself all the time');
    this.hello = this.#introduction.accept(message);
    if (this.#hasHello) {
      this.#tell('updated', () => this.#events.updated(this));
      return;
    }
    this.#hasHello = true;
    clearTimeout(this.#helloTimer);
    this.#tell('opened', () => this.#events.opened(this));
  }

  #onFeedWanted(discoveryKey: Uint8Array | null): void {
    if (discoveryKey?.byteLength !== 32 || !this.isOpen) return;
    this.#tell('wantsFeed', () => this.#events.wantsFeed(this, discoveryKey));
  }

  #understands(capability: Capability): boolean {
    return this.hello.capabilities.includes(capability);
  }

  /** What happens above is no fault of the peer, and must not look like one. */
  #tell(what: string, tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      this.#log.error(`handling "${what}" of ${this.peerId} failed: ${reasonOf(thrown)}`);
    }
  }
}
