// Which session gets which direct link: tells peers where we listen, dials them by what they tell, and tries again when a link failed or broke.
// Of two peers the one with the lower key dials at once; the other one only when that came to nothing. Joins network/links to sessions.

import type { Settings } from '../protocol/model.ts';
import { linkLimits } from './limits.ts';
import type { Log } from './log.ts';
import { chosenHost } from './network/lan/interfaces.ts';
import { Links, type Link, type LinkSettings, type Offer } from './network/links/links.ts';
import type { Network } from './network/network.ts';
import type { Peers } from './peers/peers.ts';
import type { LinkHooks } from './sessions.ts';
import type { SettingsStore } from './storage/settings.ts';
import { publicKeyOf } from './storage/identity.ts';
import type { LinkOffer, PeerSession } from './wire/services.ts';

export interface NodeLinksOptions {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  settings: Pick<SettingsStore, 'get'>;
  network: Pick<Network, 'remoteHostOf' | 'publicHost' | 'isLoopback'>;
  log: Log;
  /** Told once a second: rates are taken from it. */
  peers: Pick<Peers, 'measure' | 'changed'>;
  /** Where we listen is another place. */
  onChange(): void;
}

/** What is needed of a session. */
export type LinkedSession = Pick<PeerSession, 'peerId' | 'understands' | 'offerLink' | 'attachLink' | 'link' | 'isOpen'>;

/** A session, and where it stands with its link. */
interface Seat {
  session: LinkedSession;
  expectation: { own: Offer; remoteKey: Uint8Array; remote: Offer | undefined; onLink(link: Link): void };
  /** Tries since a link last lived for a while. */
  attempts: number;
  triedAtMs: number;
  linkedAtMs: number | undefined;
  timer: NodeJS.Timeout | undefined;
  dialing: AbortController | undefined;
}

export class NodeLinks implements LinkHooks {
  readonly #options: NodeLinksOptions;
  readonly #links: Links;
  readonly #seats = new Map<LinkedSession, Seat>();
  #told = '';
  #timers: NodeJS.Timeout[] = [];

  constructor(options: NodeLinksOptions) {
    this.#options = options;
    const { keyPair, log, network, settings } = options;
    this.#links = new Links({
      ...{ keyPair, log },
      settings: () => linkSettings(settings.get()),
      isLoopback: () => network.isLoopback,
      publicHost: () => network.publicHost,
      onChange: () => {
        this.look();
        options.onChange();
      },
    });
  }

  async open(): Promise<void> {
    await this.#links.open();
    this.#timers = [
      setInterval(() => this.configure(), linkLimits.addressesMs).unref(),
      setInterval(() => this.#options.peers.measure(), linkLimits.rateMs).unref(),
    ];
  }

  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    for (const seat of this.#seats.values()) this.#stop(seat);
    this.#seats.clear();
    this.#links.close();
  }

  /** After the settings, or the network that we are in, changed. */
  configure(): void {
    this.#links.configure();
    this.look();
  }

  /** For `sidecar/status`. */
  get status(): { address?: string; failure?: string } {
    return this.#links.status;
  }

  /** When our addresses changed, everybody is told. */
  look(): void {
    const now = this.#links.currentOffer({ token: new Uint8Array(), secret: new Uint8Array(), port: 0, hosts: [], kinds: [] });
    const told = JSON.stringify([now.port, now.hosts, now.kinds]);
    if (told === this.#told) return;
    this.#told = told;
    for (const { session, expectation } of this.#seats.values()) {
      expectation.own = this.#links.currentOffer(expectation.own);
      session.offerLink(expectation.own);
    }
  }

  opened(session: LinkedSession): void {
    if (!session.understands('direct-link')) return;
    const seat: Seat = {
      session,
      expectation: {
        own: this.#links.newOffer(),
        remoteKey: publicKeyOf(session.peerId),
        remote: undefined,
        onLink: (link) => this.#linked(seat, link),
      },
      ...{ attempts: 0, triedAtMs: -Infinity, linkedAtMs: undefined, timer: undefined, dialing: undefined },
    };
    this.#seats.set(session, seat);
    this.#links.expect(seat.expectation);
    session.offerLink(seat.expectation.own);
  }

  offered(session: LinkedSession, offer: LinkOffer): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    seat.expectation.remote = offer;
    if (session.link || seat.dialing) return;
    // Another place may be better than the one that failed; but nobody makes us dial all the time.
    const sinceMs = performance.now() - seat.triedAtMs;
    this.#plan(seat, Math.max(0, linkLimits.retryMs[1] - sinceMs));
  }

  changed(session: LinkedSession): void {
    this.#options.peers.changed(session.peerId);
    const seat = this.#seats.get(session);
    if (!seat || session.link) return;
    const livedMs = performance.now() - (seat.linkedAtMs ?? Infinity);
    if (livedMs > linkLimits.retryMs[2]) seat.attempts = 0;
    this.#planAgain(seat);
  }

  closed(session: LinkedSession): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    this.#seats.delete(session);
    this.#stop(seat);
  }

  #stop(seat: Seat): void {
    clearTimeout(seat.timer);
    seat.dialing?.abort();
    this.#links.forget(seat.expectation.own);
  }

  #linked({ session, ...rest }: Seat, link: Link): void {
    const seat = this.#seats.get(session);
    if (!seat || !session.isOpen) {
      link.stream.destroy();
      return;
    }
    clearTimeout(rest.timer);
    seat.linkedAtMs = performance.now();
    this.#options.log.debug(`a ${link.kind} link with ${session.peerId} at ${link.address}`);
    session.attachLink(link.stream, link);
  }

  #planAgain(seat: Seat): void {
    const { retryMs } = linkLimits;
    this.#plan(seat, retryMs[Math.min(Math.max(seat.attempts, 1), retryMs.length) - 1] ?? 0);
  }

  #plan(seat: Seat, waitMs: number): void {
    clearTimeout(seat.timer);
    const { own, remote, remoteKey } = seat.expectation;
    if (!remote || remote.port === 0) return; // It dials us, or nobody anybody.
    const isFirst = own.port === 0 || Buffer.compare(this.#options.keyPair.publicKey, remoteKey) < 0;
    seat.timer = setTimeout(() => void this.#try(seat), waitMs + (isFirst ? 0 : linkLimits.secondDialMs));
    seat.timer.unref();
  }

  async #try(seat: Seat): Promise<void> {
    const { session, expectation } = seat;
    const { own, remote, remoteKey } = expectation;
    if (session.link || seat.dialing || !remote || !this.#seats.has(session)) return;
    const dialing = new AbortController();
    seat.dialing = dialing;
    seat.triedAtMs = performance.now();
    seat.attempts++;
    try {
      const remoteHost = this.#options.network.remoteHostOf(session.peerId);
      const link = await this.#links.dial(own, remote, { remoteKey, remoteHost, signal: dialing.signal });
      this.#linked(seat, link);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.debug(`no direct link with ${session.peerId}: ${reason}`);
      if (this.#seats.has(session) && !session.link) this.#planAgain(seat);
    } finally {
      seat.dialing = undefined;
    }
  }
}

/** Without an address of its own the port is on the chosen interface, and waits for it. */
function linkSettings({ linkListen, linkHost, linkPort, networkInterface }: Settings): LinkSettings {
  const host = linkHost === '' ? (chosenHost(networkInterface) ?? '') : linkHost;
  return { linkListen: linkListen && host !== 'missing', linkHost: host, linkPort };
}
