// One connected, authenticated peer: introduces both sides, then carries announcements, feeds and requests until either side, the
// network or a broken rule ends it. Faces strangers: whatever arrives ends at worst this session, never the process.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { LinkKind, Traffic } from '../../protocol/model.ts';
import { wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf } from '../storage/identity.ts';
import type { Capability } from './capabilities.ts';
import { Carrier, type CarrierTimes } from './carrier.ts';
import { openSessionChannel, type RequestHandlers, type SessionChannel, type SessionHandlers } from './channel.ts';
import type { HelloMessage } from './codec.ts';
import { notUnderstood, peerGone, protocolViolation, reasonOf, searchNotUnderstood } from './errors.ts';
import type { GuardedMuxer } from './guardedMuxer.ts';
import { Hearsay } from './hearsay.ts';
import { Introduction } from './introduction.ts';
import { LinkCarriers } from './linkCarriers.ts';
import { capabilityOf, type MeetingMessage } from './meetingMessages.ts';
import { OwnShares } from './ownShares.ts';
import { Passing } from './passing.ts';
import { RemoteShares } from './remoteShares.ts';
import type {
  FileServer,
  FrameStream,
  HashesReply,
  HashesRequest,
  HoldingReply,
  HoldingRequest,
  LinkOffer,
  LocalHello,
  PackRequest,
  PassedOwner,
  PeerSession,
  ReadReply,
  ReadRequest,
  RemoteHello,
  RemoteSearchHit,
  RemoteSearchRequest,
  ReplicableCore,
  RequestOptions,
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

type SessionTimes = CarrierTimes & Record<'helloMs' | 'passOnMs', number>;

/** Starts a session in the turn in which the connection was handed over. The hello runs by itself; see SessionEvents. */
export function openSession(options: SessionOptions): PeerSession {
  const session = new Session(options);
  session.open();
  return session;
}

class Session implements PeerSession {
  readonly peerId: PeerId;
  hello: RemoteHello;
  readonly #events: SessionEvents;
  readonly #log: Log;
  readonly #times: SessionTimes;
  readonly #introduction: Introduction;
  /** The connection itself; requests take it while there is no faster one. */
  readonly #main: Carrier<SessionChannel>;
  readonly #links: LinkCarriers;
  readonly #helloUpdates = new Coalesced(() => this.#main.channel.hello(this.#introduction.own()));
  readonly #offers = new Coalesced(() => this.#sendOffer());
  #offer: LinkOffer | undefined;
  readonly #offerBudget = updateBudget();
  readonly #meetingBudget = updateBudget();
  readonly #sendingBudget = updateBudget();
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
    this.#events = events;
    this.#log = log;
    this.#times = { ...wireLimits, ...times };
    const ownKey = stream.publicKey;
    if (!ownKey) throw new AppError('internal', 'A session was opened before the handshake.');
    this.#introduction = new Introduction(local, { handshakeHash, ownKey, remoteKey: remotePublicKey });
    this.hello = this.#introduction.current();
    const context = { peerId, fileServer, searchServer, times: this.#times, log };
    const onFailure = (thrown: unknown) => this.#fail(thrown);
    const { frameBytes, channelsPerSession: channels, sliceBytes } = wireLimits;
    this.#main = new Carrier({
      ...{ ...context, stream, kind: 'session', onFailure },
      limits: { frameBytes, channels, sliceBytes },
      open: (muxer: GuardedMuxer, requests: RequestHandlers) => openSessionChannel(muxer, { ...requests, ...this.#handlers() }),
      mayTake: (type) => this.#mayTake(type),
      onGone: (reason) => this.close(reason),
    });
    this.#links = new LinkCarriers({
      ...{ context, onFailure },
      onChange: () => this.#tell('linkChanged', () => this.#events.linkChanged(this)),
    });
    this.#main.muxer.pair({ protocol: 'hypercore/alpha' }, (id) => this.#onFeedWanted(id));
    const understands = (capability: Capability) => this.understands(capability);
    this.#ownShares = new OwnShares({
      sendList: (shares) => this.#main.channel.announcements(shares),
      sendUpdate: (message) => this.#main.channel.update(message),
      sendRemovals: (removals) => this.#main.channel.removals(removals),
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
      send: (message) => this.#main.channel.passOn(message),
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
  }

  open(): void {
    this.#helloTimer = setTimeout(() => this.close('it did not introduce itself in time', { isTold: true }), this.#times.helloMs);
    this.#helloUpdates.request();
    this.#main.open();
  }

  get isOpen(): boolean {
    return this.#hasHello && !this.#isClosed;
  }

  get traffic(): Traffic {
    const own = this.#main.traffic;
    const links = this.#links.traffic;
    return { receivedBytes: own.receivedBytes + links.receivedBytes, sentBytes: own.sentBytes + links.sentBytes };
  }

  get roundTripMs(): number | undefined {
    return this.#links.best?.carrier.roundTripMs ?? this.#main.roundTripMs;
  }

  get linkKind(): LinkKind {
    return this.#links.best?.kind ?? 'session';
  }

  get link(): { kind: LinkKind; address: string } | undefined {
    const { best } = this.#links;
    return best && { kind: best.kind, address: best.address };
  }

  understands(capability: Capability): boolean {
    return this.hello.capabilities.includes(capability);
  }

  ping(): Promise<number> {
    return this.#main.ping();
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
    if (!this.#isClosed) core.replicate(this.#main.muxer);
  }

  offerLink(offer: LinkOffer): void {
    if (!this.isOpen || !this.understands('direct-link')) return;
    this.#offer = offer;
    this.#offers.request();
  }

  meet(message: MeetingMessage): void {
    if (this.isOpen && this.understands(capabilityOf(message))) this.#main.channel.meeting(message);
  }

  attachLink(stream: FrameStream, link: { kind: 'tls' | 'noise'; address: string }): void {
    if (this.isOpen) this.#links.attach(stream, link);
    else stream.destroy();
  }

  async read(request: ReadRequest, options: RequestOptions): Promise<ReadReply> {
    if (request.owner !== undefined && !this.understands('holdings')) throw notUnderstood(this.peerId, 'files of others');
    const isSmall = request.length !== undefined && request.length <= wireLimits.sliceBytes;
    return this.#carrierFor({ isSmall }).asking.read(request, options);
  }

  async readPack(request: PackRequest, options: RequestOptions): Promise<ReadReply> {
    if (!this.understands('packs')) throw notUnderstood(this.peerId, 'many files at once');
    return this.#carrierFor({ isSmall: false }).asking.readPack(request, options);
  }

  async hashes(request: HashesRequest, options: RequestOptions): Promise<HashesReply> {
    return this.#carrierFor({ isSmall: request.count <= wireLimits.fewLeaves }).asking.hashes(request, options);
  }

  async holding(request: HoldingRequest, options: RequestOptions): Promise<HoldingReply> {
    if (!this.understands('holdings')) throw notUnderstood(this.peerId, 'what it holds');
    return this.#carrierFor({ isSmall: true }).asking.holding(request, options);
  }

  async search(request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    if (!this.understands('search')) throw searchNotUnderstood(this.peerId);
    const hits = await this.#main.asking.search(request, options);
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
    this.#offers.close();
    this.#checks.close();
    this.#links.close();
    this.#main.close(peerGone(reason));
    if (isHostile) this.#log.warn(`session with ${this.peerId} ended: ${reason}`);
    else if (isTold) this.#log.info(`session with ${this.peerId} ended: ${reason}`);
    else this.#log.debug(`session with ${this.peerId} ended: ${reason}`);
    this.#tell('closed', () => this.#events.closed(this, reason, isHostile));
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

  #handlers(): SessionHandlers {
    return {
      onHello: (message) => this.#onHello(message),
      onAnnouncements: (message) => this.#remoteShares.onList(message),
      onUpdate: (message) => this.#remoteShares.onUpdate(message),
      onRemovals: (message) => this.#remoteShares.onRemovals(message),
      onPassOn: (message) => this.#hearsay.onPassOn(message),
      onLinkOffer: (message) => this.#onLinkOffer(message),
      onMeeting: (message) => this.#onMeeting(message),
    };
  }

  /** The fastest; for what is small the session's own connection while a link is full of bulk, which it would wait behind. */
  #carrierFor({ isSmall }: { isSmall: boolean }): Carrier {
    const link = this.#links.best?.carrier;
    return link === undefined || (isSmall && link.asking.isBusy) ? this.#main : link;
  }

  #onHello(message: HelloMessage): void {
    if (!this.#helloBudget.take()) throw protocolViolation('it introduces itself all the time');
    this.hello = this.#introduction.accept(message);
    const { hasNews } = this.#introduction;
    if (this.#hasHello) {
      if (hasNews) this.#helloUpdates.request();
      this.#tell('updated', () => this.#events.updated(this));
      return;
    }
    this.#hasHello = true;
    clearTimeout(this.#helloTimer);
    // At once, before shares: nobody should see them under no name.
    if (hasNews) this.#main.channel.hello(this.#introduction.own());
    this.#tell('opened', () => this.#events.opened(this));
  }

  #onFeedWanted(discoveryKey: Uint8Array | null): void {
    if (discoveryKey?.byteLength !== 32 || !this.isOpen) return;
    this.#tell('wantsFeed', () => this.#events.wantsFeed(this, discoveryKey));
  }

  #onLinkOffer(offer: LinkOffer): void {
    if (!this.#offerBudget.take()) throw protocolViolation('it offers links all the time');
    this.#tell('linkOffered', () => this.#events.linkOffered(this, offer));
  }

  #onMeeting(message: MeetingMessage): void {
    const isOfOffers = capabilityOf(message) === 'offers';
    if (!(isOfOffers ? this.#sendingBudget : this.#meetingBudget).take())
      throw protocolViolation(`it talks about ${isOfOffers ? 'offers' : 'meeting'} all the time`);
    this.#tell(message.type, () => this.#events.met(this, message));
  }

  #sendOffer(): void {
    if (this.#offer) this.#main.channel.linkOffer(this.#offer);
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
