// What the owner of a file says of it, apart from giving its ranges: with its first bytes, with its root, or nothing but what it is.

import { asAppError } from '../../../../protocol/errors.ts';
import { wireLimits } from '../../../limits.ts';
import type { FileSource, ReadReply, ReadRequest } from '../../../wire/services.ts';
import { leafBytes } from '../../content/merkle.ts';
import { peerGone } from '../../failures.ts';
import { Patience, within } from '../../waiting.ts';
import { type Content, ContentChanged } from './content.ts';
import type { Holder, ReceiveOptions } from './contract.ts';
import { checkedHead } from './head.ts';
import type { Tally } from './tally.ts';

/** The head of an unknown file comes with this much of it: what may be under way without credit. */
const openingBytes = 1024 * 1024;

/** An answer whose bytes are still to be taken, for the leaves `first` to `end`. */
export interface Opened {
  holder: Holder;
  reply: ReadReply;
  first: number;
  end: number;
  giveUp(): void;
}

interface OwnerAnswersOptions {
  receive: ReceiveOptions;
  signal: AbortSignal;
  tallyOf: (source: FileSource) => Tally;
  onPosition: () => void;
}

export class OwnerAnswers {
  readonly #options: OwnerAnswersOptions;

  constructor(options: OwnerAnswersOptions) {
    this.#options = options;
  }

  /** The owner, if it is connected. */
  sources(): FileSource[] {
    const { sources, wanted } = this.#options.receive;
    const owner = sources.owner(wanted.entry.peerId);
    return owner ? [owner] : [];
  }

  /** Asks for the first missing bytes, whatever the file is by now. A broken link is tried again. */
  async open(content: Content): Promise<Opened> {
    const { receive, tallyOf, signal } = this.#options;
    const { entry } = receive.wanted;
    const { have } = content.partial;
    const first = have.isFull ? 0 : have.nextMissing(0);
    const end = have.isFull ? 0 : Math.min(content.partial.leafCount, first + openingBytes / leafBytes);
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener('abort', stop, { once: true });
    for (let tries = 0; ; tries++) {
      const source = this.#source();
      const isWhole = !source.understands('versions') && first === 0 && !have.isFull;
      const range = { offset: first * leafBytes, needsRoot: false };
      const request = isWhole ? range : { ...range, length: Math.min(end * leafBytes, content.sizeBytes) - range.offset };
      try {
        const reply = await this.#ask(source, request, abort.signal);
        const at = { owner: entry.peerId, shareId: entry.shareId, path: entry.path };
        return { holder: { source, at }, reply, first, end: isWhole ? content.partial.leafCount : end, giveUp: stop };
      } catch (thrown) {
        const error = asAppError(thrown);
        if (signal.aborted || error.kind !== 'unavailable' || tries >= 1) throw error;
        const tally = tallyOf(source);
        tally.failed(error, tally.epoch);
      }
    }
  }

  /** What the file is now. */
  head(): Promise<ReadReply> {
    return this.#ask(this.#source(), { offset: 0, length: 0, needsRoot: false }, this.#options.signal);
  }

  /** The same with the root, which the owner hashes for if need be. */
  async rootedHead(): Promise<ReadReply> {
    const source = this.#source();
    const { receive, signal } = this.#options;
    const reply = await this.#ask(source, { offset: 0, length: 0, needsRoot: true }, signal);
    const nothing = reply.bytes[Symbol.asyncIterator]().next();
    await within(receive.stallMs ?? wireLimits.creditStallMs, nothing, { source, path: receive.wanted.entry.path, signal });
    return reply;
  }

  /** Some reads did not come to their end: whether the file is still as it was then. Rejects with ContentChanged. */
  async confirm(content: Content): Promise<void> {
    const { unconfirmed } = content;
    if (!content.isOf(await this.head())) throw new ContentChanged();
    content.confirmed = unconfirmed;
  }

  #source(): FileSource {
    const [source] = this.sources();
    if (!source) throw peerGone(this.#options.receive.wanted.entry.peerId);
    return source;
  }

  async #ask(
    source: FileSource,
    range: Pick<ReadRequest, 'offset' | 'length' | 'needsRoot'>,
    signal: AbortSignal,
  ): Promise<ReadReply> {
    const { receive, tallyOf } = this.#options;
    const { shareId, path } = receive.wanted.entry;
    const tally = tallyOf(source);
    const onPosition = (position: number) => {
      tally.position = position;
      waiting.refresh();
      this.#options.onPosition();
    };
    const waiting = new Patience(receive.stallMs ?? wireLimits.headMs, { source, path, signal });
    try {
      const reply = await waiting.wait(source.read({ shareId, path, ...range }, { signal, onPosition }));
      tally.heard();
      return checkedHead(source, path, reply);
    } finally {
      waiting.end();
    }
  }
}
