// Direct TCP links between peers that have a session: listens for them, says where, and dials. A link counts only when both ends proved
// what the session's two ends alone know. Which session gets which link, and when one is tried again, is nodeLinks.ts's business.

import { linkLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { dialableHosts, leastPort, ownHosts } from './candidates.ts';
import { Listener, type Expected } from './listener.ts';
import { dialNoise, linkStreamOf, type KeyPair } from './noiseLink.ts';
import { linkKey, newSecrets, type DirectKind, type Offer, tokenText } from './offer.ts';
import { firstOf } from './firstOf.ts';
import { addressText, takeLink, type Link } from './stream.ts';
import { dialTls, HandshakeFailed, understandsTls } from './tlsLink.ts';

export type { Link, LinkStream } from './stream.ts';
export type { Offer } from './offer.ts';

export interface LinkSettings {
  linkListen: boolean;
  linkHost: string;
  linkPort: number;
}

export interface LinksOptions {
  keyPair: KeyPair;
  log: Log;
  settings(): LinkSettings;
  /** The whole network is on loopback: links are, too. */
  isLoopback(): boolean;
  /** As seen from outside, when nothing is in the way. */
  publicHost(): string | undefined;
  /** Where we listen, or that we cannot, is another one. */
  onChange(): void;
}

/** A session's part in it: our offer, and who may use it. */
export interface Expectation {
  own: Offer;
  remoteKey: Uint8Array;
  /** The peer's offer, once it came: nobody gets in before. */
  remote: Offer | undefined;
  onLink(link: Link): void;
}

export interface DialOptions {
  remoteKey: Uint8Array;
  /** Where the session's other end is. */
  remoteHost: string | undefined;
  signal: AbortSignal;
}

interface Address {
  host: string;
  port: number;
}

export class Links {
  readonly #options: LinksOptions;
  readonly #listener: Listener;
  readonly #expectations = new Map<string, Expectation>();
  #kinds: DirectKind[] = ['noise'];
  #isOpen = false;
  #dialing = 0;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#listener = new Listener({
      keyPair: options.keyPair,
      log: options.log,
      expected: (token) => this.#expected(token),
      onLink: (token, link) => this.#expectations.get(token)?.onLink(link),
      onChange: () => options.onChange(),
    });
  }

  async open(): Promise<void> {
    this.#isOpen = true;
    if (await understandsTls()) this.#kinds = ['tls', 'noise'];
    else this.#options.log.info('this runtime lacks TLS with a pre-shared key: direct links run over Noise');
    this.configure();
  }

  close(): void {
    this.#isOpen = false;
    this.#listener.close();
    this.#expectations.clear();
  }

  /** Reads the settings, and whether all is on loopback, again. */
  configure(): void {
    if (!this.#isOpen) return;
    const { linkListen, linkHost, linkPort } = this.#options.settings();
    const host = this.#options.isLoopback() ? '127.0.0.1' : linkHost;
    this.#listener.listen(linkListen ? { host, port: linkPort } : undefined);
  }

  get status(): { address?: string; failure?: string } {
    const { port } = this.#listener;
    if (port === 0 || port >= leastPort) return this.#listener.status;
    return { ...this.#listener.status, failure: `peers do not connect to ports below ${leastPort}. Choose a higher one.` };
  }

  /** For a new session. */
  newOffer(): Offer {
    return this.currentOffer({ ...newSecrets(), port: 0, hosts: [], kinds: [] });
  }

  /** The same offer with the addresses of now. */
  currentOffer(before: Offer): Offer {
    const { port } = this.#listener;
    const hosts = port === 0 ? [] : this.#ownHosts();
    return { token: before.token, secret: before.secret, port: hosts.length === 0 ? 0 : port, hosts, kinds: [...this.#kinds] };
  }

  /** Lets the peer in that our offer was made to, until `forget`. */
  expect(expectation: Expectation): void {
    this.#expectations.set(tokenText(expectation.own.token), expectation);
  }

  forget(own: Offer): void {
    this.#expectations.delete(tokenText(own.token));
  }

  /**
   * Tries the addresses of an offer, one a little after the other; the first that proves to be the peer is taken, the others are closed.
   * Rejects when none is, with the reason of the first.
   */
  async dial(own: Offer, remote: Offer, options: DialOptions): Promise<Link> {
    const hosts = dialableHosts(remote, options.remoteHost);
    if (hosts.length === 0) throw new Error('it names no address that can be dialed');
    if (this.#dialing >= linkLimits.dialsAtOnce) throw new Error('too many others are dialled');
    this.#dialing++;
    try {
      const link = await firstOf(hosts, options.signal, (host, signal) =>
        this.#dialOne({ host, port: remote.port }, { own, remote, ...options, signal }),
      );
      takeLink(link.stream);
      return link;
    } finally {
      this.#dialing--;
    }
  }

  /** TLS where both know it, and Noise where something in between does not let it through. */
  async #dialOne(address: Address, parts: DialOptions & { own: Offer; remote: Offer }): Promise<Link> {
    const { own, remote, remoteKey, signal } = parts;
    const { keyPair } = this.#options;
    const withDeadline = (): { signal: AbortSignal } => {
      const deadline = AbortSignal.timeout(linkLimits.connectMs + linkLimits.handshakeMs);
      return { signal: AbortSignal.any([signal, deadline]) };
    };
    const { token } = remote;
    const link = { address: addressText(address.host, address.port), isDialer: true };
    if (this.#kinds.includes('tls') && remote.kinds.includes('tls')) {
      const dialer = { offer: own, publicKey: keyPair.publicKey };
      const psk = linkKey(dialer, { offer: remote, publicKey: remoteKey });
      try {
        return { stream: await dialTls(address, { psk, token: tokenText(token) }, withDeadline()), kind: 'tls', ...link };
      } catch (error) {
        if (!(error instanceof HandshakeFailed) || !remote.kinds.includes('noise')) throw error;
      }
    }
    const stream = await dialNoise(address, { keyPair, remoteKey, token }, withDeadline());
    return { stream: linkStreamOf(stream), kind: 'noise', ...link };
  }

  #expected(token: string): Expected | undefined {
    const expectation = this.#expectations.get(token);
    if (!expectation?.remote) return undefined;
    const dialer = { offer: expectation.remote, publicKey: expectation.remoteKey };
    const listener = { offer: expectation.own, publicKey: this.#options.keyPair.publicKey };
    return { key: linkKey(dialer, listener), remoteKey: expectation.remoteKey };
  }

  #ownHosts(): string[] {
    const options = this.#options;
    const { linkHost } = options.settings();
    return ownHosts({ isLoopback: options.isLoopback(), boundTo: linkHost, publicHost: options.publicHost() });
  }
}
