// The direct links of one session: which is used, which stands by, and what is left of those that broke. A link that ends fails what it
// carries and nothing else; a peer that breaks the protocol on one ends its session.

import type { LinkKind, Traffic } from '../../protocol/model.ts';
import { linkLimits, wireLimits } from '../limits.ts';
import { Carrier, type CarrierContext } from './carrier.ts';
import { openLinkChannel } from './channel.ts';
import { linkGone } from './errors.ts';
import type { FrameStream } from './services.ts';

export interface LinkCarriersOptions {
  context: CarrierContext;
  onFailure(thrown: unknown): void;
  /** Another link is used now, or none. */
  onChange(): void;
}

interface Link {
  carrier: Carrier;
  kind: LinkKind;
  address: string;
}

/** Slower ones first. */
const speeds: readonly LinkKind[] = ['session', 'noise', 'tls'];

export class LinkCarriers {
  readonly #options: LinkCarriersOptions;
  /** The one in use first. */
  #links: Link[] = [];
  /** Of links that are gone. */
  readonly #past: Traffic = { receivedBytes: 0, sentBytes: 0 };
  #isClosed = false;

  constructor(options: LinkCarriersOptions) {
    this.#options = options;
  }

  get best(): Link | undefined {
    return this.#links[0];
  }

  get traffic(): Traffic {
    const sum = { ...this.#past };
    for (const { carrier } of this.#links) addTo(sum, carrier.traffic);
    return sum;
  }

  attach(stream: FrameStream, { kind, address }: { kind: 'tls' | 'noise'; address: string }): void {
    if (this.#isClosed || stream.destroying) {
      stream.destroy();
      return;
    }
    const { context } = this.#options;
    const carrier: Carrier = new Carrier({
      ...context,
      ...{ stream, kind, open: openLinkChannel },
      limits: { frameBytes: linkLimits.frameBytes, channels: wireLimits.linkChannels, sliceBytes: wireLimits.linkSliceBytes },
      mayTake: () => !this.#isClosed,
      onFailure: (thrown) => this.#options.onFailure(thrown),
      onGone: (reason) => this.#drop(carrier, reason),
    });
    const before = this.best;
    // Sorting is stable: of equal ones the older stays in use.
    this.#links = [...this.#links, { carrier, kind, address }].sort((a, b) => speeds.indexOf(b.kind) - speeds.indexOf(a.kind));
    carrier.open();
    for (const surplus of this.#links.slice(wireLimits.links)) this.#drop(surplus.carrier, 'there are others');
    if (this.best !== before) this.#options.onChange();
  }

  close(): void {
    this.#isClosed = true;
    for (const { carrier } of [...this.#links]) this.#drop(carrier, 'the session ended');
  }

  #drop(carrier: Carrier, reason: string): void {
    const link = this.#links.find((each) => each.carrier === carrier);
    if (!link) return;
    const wasBest = link === this.best;
    this.#links = this.#links.filter((each) => each !== link);
    addTo(this.#past, carrier.traffic);
    carrier.close(linkGone(reason));
    const { context } = this.#options;
    context.log.debug(`a ${link.kind} link with ${context.peerId} ended: ${reason}`);
    if (wasBest && !this.#isClosed) this.#options.onChange();
  }
}

function addTo(sum: Traffic, { receivedBytes, sentBytes }: Traffic): void {
  sum.receivedBytes += receivedBytes;
  sum.sentBytes += sentBytes;
}
