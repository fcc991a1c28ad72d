// Receives one file into a partial file, from all who have it: each leaf checked before it counts, what an earlier attempt left kept.
// The life of one file; who is asked for what is filling.ts. Knows nothing of queues and final names.

import { AppError, asAppError } from '../../../../protocol/errors.ts';
import type { PeerId } from '../../../../protocol/ids.ts';
import { localLimits, transferLimits, wireLimits } from '../../../limits.ts';
import type { FileSource, ReadReply } from '../../../wire/services.ts';
import { leafBytes } from '../../content/merkle.ts';
import { badContent, peerGone, readChanged, tooLargeToReceive, wasCancelled } from '../../failures.ts';
import { Pace } from '../../pace.ts';
import { ByteBudget, receivedBytes } from './budget.ts';
import { Content, ContentChanged, sameBytes } from './content.ts';
import type { Received, ReceiveOptions } from './contract.ts';
import { Filling } from './filling.ts';
import { LeafLayer } from './leafLayer.ts';
import { type Opened, OwnerAnswers } from './ownerAnswers.ts';
import { receiveSmall, smallBytes } from './smallFile.ts';
import type { PieceRecord } from './pieceMaps.ts';
import { Tally } from './tally.ts';

/** Of a file that changed, less than this is fetched again rather than compared, which costs its owner the hashing of all. */
const worthComparingBytes = 4 * 1024 * 1024;

/**
 * Resolves when the partial file is whole, verified, on the disk, and closed. Rejects with AppError: `verification-failed`, `changed`,
 * `unavailable`, `cancelled`, `disk-full`, what the sources answer; what was verified stays in the partial file.
 */
export async function receiveFile(options: ReceiveOptions): Promise<Received> {
  const swarm = new Swarm(options);
  try {
    return await swarm.run();
  } finally {
    await swarm.close();
  }
}

interface State {
  sizeBytes: number;
  mtimeMs: number;
  root: Uint8Array | undefined;
  version: Uint8Array | undefined;
}

class Swarm {
  readonly #options: ReceiveOptions;
  readonly #abort = new AbortController();
  readonly #stop = () => this.#abort.abort();
  readonly #tallies = new Map<PeerId, Tally>();
  readonly #budgets: readonly ByteBudget[];
  readonly #shown: Pace;
  #content: Content | undefined;
  #pieces: PieceRecord | undefined;
  readonly #owner: OwnerAnswers;
  #filling: Filling | undefined;
  #stopOffering: () => void = () => undefined;
  #reportedBytes = 0;
  #beganAtMs = performance.now();
  #beganBytes = 0;
  #hasAskedRoot = false;

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#budgets = [new ByteBudget(transferLimits.receivedBytesOfFile), options.budget ?? receivedBytes];
    this.#shown = new Pace(localLimits.progressHz, () => {
      const shown = [...this.#tallies.values()].map((tally) => tally.shown());
      options.onSources?.(shown.sort((a, b) => b.bytesPerSecond - a.bytesPerSecond));
    });
    this.#owner = new OwnerAnswers({
      receive: options,
      signal: this.#abort.signal,
      tallyOf: (source) => this.#tallyOf(source),
      onPosition: () => this.#shown.touch(),
    });
    options.signal.addEventListener('abort', this.#stop, { once: true });
    if (options.signal.aborted) this.#stop();
  }

  async run(): Promise<Received> {
    if (this.#options.wanted.sizeBytes <= smallBytes) {
      const small = await this.#small();
      if (small) return small;
    }
    let opened = await this.#begin();
    for (let changes = 0; ; changes++) {
      try {
        if (this.#current.sizeBytes <= smallBytes) {
          const small = await this.#small();
          if (small) return small;
        }
        return await this.#fill(opened);
      } catch (error) {
        if (!(error instanceof ContentChanged)) throw error;
        if (changes >= transferLimits.contentChanges) throw readChanged();
      }
      opened = undefined;
      await this.#reconcile();
    }
  }

  /** Ends whatever the sources still do for us. */
  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#stop);
    this.#abort.abort();
    this.#shown.stop();
    this.#stopOffering();
    this.#pieces?.end();
    await this.#content?.checked();
    await this.#content?.partial.close();
  }

  get #current(): Content {
    if (!this.#content) throw new AppError('internal', 'A file was about to be received that was not opened.');
    return this.#content;
  }

  async #small(): Promise<Received | undefined> {
    await this.#content?.checked();
    await this.#content?.partial.close();
    this.#content = undefined;
    this.#report(0);
    return receiveSmall(this.#options, { tallyOf: (source) => this.#tallyOf(source), report: (bytes) => this.#report(bytes) });
  }

  /** Opens the partial file as what is known of the content beforehand, or as the owner says with its first bytes. */
  async #begin(): Promise<Opened | undefined> {
    const { wanted, sources } = this.#options;
    if (!wanted.root && !sources.owner(wanted.entry.peerId)) throw peerGone(wanted.entry.peerId);
    const content = await this.#open({
      sizeBytes: wanted.sizeBytes,
      mtimeMs: wanted.mtimeMs,
      root: wanted.root,
      version: undefined,
    });
    const { earlier } = content.partial;
    const isOther = earlier?.root && wanted.root && !sameBytes(earlier.root, wanted.root);
    this.#recheck(content);
    if (wanted.root) {
      if (isOther || (earlier && !earlier.root)) content.check(this.#compareAll(content));
      this.#options.onHead?.({ sizeBytes: wanted.sizeBytes, mtimeMs: wanted.mtimeMs });
      return undefined;
    }
    const opened = await this.#owner.open(content);
    const { sizeBytes, mtimeMs, version, root } = opened.reply;
    const isKept =
      content.partial.have.count === 0 ||
      (sizeBytes === content.sizeBytes &&
        ((earlier?.root && root && sameBytes(earlier.root, root)) ||
          (earlier?.version && version && sameBytes(earlier.version, version))));
    if (isKept && sizeBytes === content.sizeBytes) {
      Object.assign(content, { mtimeMs, version });
      this.#options.onHead?.({ sizeBytes, mtimeMs });
      await content.partial.identify({ ...(version ? { version } : {}), ...(root ? { root } : {}) });
      if (root) this.#learnRoot(content, root, { isCompared: !earlier?.root });
      return opened;
    }
    opened.giveUp();
    if (content.partial.have.count === 0) await this.#reopen({ sizeBytes, mtimeMs, root, version });
    else await this.#reconcile(root ? opened.reply : undefined);
    return undefined;
  }

  async #open(of: State): Promise<Content> {
    const { disk, partialPath: path, wanted } = this.#options;
    const { sizeBytes, root, version } = of;
    if (sizeBytes > transferLimits.fileBytes) throw tooLargeToReceive(wanted.entry.path, sizeBytes);
    const partial = await disk.openPartial({ path, sizeBytes, ...(root ? { root } : {}), ...(version ? { version } : {}) });
    const content = new Content(partial, of);
    this.#content = content;
    this.#pieces?.end();
    this.#pieces = this.#options.receiving?.pieces.begin(wanted.entry, sizeBytes, partial.have);
    content.onChecked = () => {
      this.#report();
      if (this.#content === content) this.#filling?.changed();
    };
    if (this.#abort.signal.aborted) throw wasCancelled();
    if (root) this.#learnRoot(content, root, { isCompared: false });
    this.#beganBytes = content.haveBytes;
    this.#report();
    return content;
  }

  /** The same partial file, for a content of another size. */
  async #reopen(of: State): Promise<Content> {
    await this.#content?.checked();
    await this.#content?.partial.close();
    // Before anything of that size is made: it may be a lie.
    this.#options.onHead?.({ sizeBytes: of.sizeBytes, mtimeMs: of.mtimeMs });
    return this.#open(of);
  }

  /** What an earlier attempt left is hashed again while what is missing comes. */
  #recheck(content: Content): void {
    if (!content.partial.earlier || content.partial.have.count === 0) return;
    content.check(
      content.partial
        .recheck({ signal: this.#abort.signal })
        .then(() => undefined)
        .catch((error: unknown) => this.#filling?.fail(asAppError(error))),
    );
  }

  /** From now on every leaf is compared, and others than the owner may give. */
  #learnRoot(content: Content, root: Uint8Array, { isCompared }: { isCompared: boolean }): void {
    const { wanted, trees, receiving } = this.#options;
    content.root = root;
    content.layer = new LeafLayer({
      root,
      sizeBytes: content.sizeBytes,
      path: wanted.entry.path,
      signal: this.#abort.signal,
      timeoutMs: this.#options.stallMs ?? wireLimits.headMs,
      trees,
      askers: () => this.#filling?.askers() ?? this.#owner.sources(),
      onBad: (source) => this.#tallyOf(source).badPieces++,
    });
    this.#stopOffering();
    const offered = { root, partial: content.partial, sourceCount: () => this.#sourceCount() };
    this.#stopOffering = receiving?.add(wanted.entry, offered) ?? (() => undefined);
    if (isCompared && content.partial.have.count > 0) content.check(this.#compareAll(content));
    this.#filling?.layerChanged();
  }

  /** Compares what is there with the hashes of the root; where there are none, it waits for the comparison of the whole. Never rejects. */
  async #compareAll(content: Content): Promise<void> {
    const { partial, layer } = content;
    const step = transferLimits.holdingUnits / 4;
    try {
      for (let first = 0; layer && first < partial.leafCount; first += step) {
        const count = Math.min(step, partial.leafCount - first);
        if (partial.have.nextPresent(first, first + count) >= first + count) continue;
        const expected = await layer.range(first, count);
        if (!expected) break;
        const wrong = await partial.compare(first, expected);
        if (wrong > 0) this.#options.onExtra?.(wrong * leafBytes);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#options.log.debug(`Hashes could not be compared yet: ${asAppError(error).message}`);
    }
  }

  async #fill(opened: Opened | undefined): Promise<Received> {
    for (let wrong = 0; ; wrong++) {
      const content = this.#current;
      await this.#fillOnce(content, opened);
      opened = undefined;
      if (content.unconfirmed > content.confirmed && !content.isVerifiable) await this.#owner.confirm(content);
      const received = await this.#finish(content, wrong);
      if (received) return received;
    }
  }

  async #fillOnce(content: Content, opened: Opened | undefined): Promise<void> {
    const filling = new Filling({
      receive: this.#options,
      content,
      budgets: this.#budgets,
      pieces: this.#pieces,
      tallyOf: (source) => this.#tallyOf(source),
      opened,
      onRoot: (root) => {
        this.#learnRoot(content, root, { isCompared: true });
        content.check(content.partial.identify({ root }).catch(() => undefined)); // costs only a comparison the next time
      },
      onProgress: () => {
        this.#report();
        this.#shown.touch();
      },
      onTick: () => {
        this.#shown.touch();
        this.#askRoot(content);
      },
      onLog: (message) => this.#options.log.warn(message),
    });
    this.#filling = filling;
    try {
      await filling.run();
    } finally {
      this.#filling = undefined;
      this.#report();
    }
  }

  /** The root of a file that was never hashed is worth its price when the transfer takes long: others can help then. */
  #askRoot(content: Content): void {
    const { sources, wanted } = this.#options;
    if (content.root || this.#hasAskedRoot || content.version === undefined || !sources.hasOthers(wanted.entry.peerId)) return;
    const elapsedMs = performance.now() - this.#beganAtMs;
    const leftMs = ((content.sizeBytes - content.haveBytes) * elapsedMs) / Math.max(1, content.haveBytes - this.#beganBytes);
    if (elapsedMs < transferLimits.askRootMs || leftMs < transferLimits.askRootLeftMs) return;
    this.#hasAskedRoot = true;
    this.#owner.rootedHead().then(
      (head) => {
        if (this.#content !== content || !this.#filling || content.root || !head.root || !content.isOf(head)) return;
        this.#learnRoot(content, head.root, { isCompared: true });
        content.check(content.partial.identify({ root: head.root }).catch(() => undefined)); // as above
      },
      (error: unknown) => this.#options.log.debug(`The root was not told: ${asAppError(error).message}`),
    );
  }

  /** Undefined when some of it turned out wrong, and is missing again. */
  async #finish(content: Content, wrong: number): Promise<Received | undefined> {
    const { trees, wanted } = this.#options;
    const { partial, root, sizeBytes, mtimeMs } = content;
    if (root === undefined && content.version === undefined) throw await this.#wrong(content, 'came without a checksum');
    const treePath = root && trees.has(root) ? undefined : trees.temporaryPath(sizeBytes);
    try {
      const finished = await partial.finish({
        mtimeMs,
        ...(root ? { root } : {}),
        ...(treePath === undefined ? {} : { treePath }),
      });
      if (treePath !== undefined) trees.adopt(finished.root, treePath);
      return { root: finished.root, sizeBytes, mtimeMs };
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind !== 'verification-failed') throw error;
      const before = partial.have.count;
      if (wrong < transferLimits.contentChanges) await this.#compareAll(content);
      if (partial.have.count < before) return undefined;
      throw await this.#wrong(content, 'does not match its checksum');
    } finally {
      this.#options.log.debug(`${wanted.entry.path} is received.`);
    }
  }

  /** The whole is wrong and nobody knows which part: nothing of it stays. */
  async #wrong(content: Content, cause: string): Promise<AppError> {
    await content.checked();
    await content.partial.remove();
    this.#report(0);
    return badContent(this.#options.wanted.entry.peerId, this.#options.wanted.entry.path, cause);
  }

  /** The file is another one now: what of it still holds is kept, by the hashes of the new one. */
  async #reconcile(known?: ReadReply): Promise<void> {
    const old = this.#current;
    await old.checked();
    const isWorth = old.haveBytes >= worthComparingBytes;
    const head = known ?? (isWorth ? await this.#owner.rootedHead() : await this.#owner.head());
    const { sizeBytes, mtimeMs, root, version } = head;
    this.#hasAskedRoot = false;
    if (!isWorth || !root) {
      await old.partial.remove();
      await this.#reopen({ sizeBytes, mtimeMs, root, version });
      return;
    }
    const content = await this.#reopen({ sizeBytes, mtimeMs, root, version });
    if (content.partial.have.count === 0) return;
    this.#recheck(content);
    await this.#compareAll(content);
    if (content.layer?.isUnavailable !== true) return;
    await content.partial.forget(0, content.partial.leafCount);
    this.#report();
  }

  #tallyOf(source: Pick<FileSource, 'peerId' | 'linkKind'>): Tally {
    const tally = this.#tallies.get(source.peerId) ?? new Tally(source.peerId, source.linkKind);
    this.#tallies.set(source.peerId, tally);
    return tally;
  }

  #sourceCount(): number {
    const states = [...this.#tallies.values()].map((tally) => tally.shown().state);
    return states.filter((state) => state === 'active' || state === 'waiting').length;
  }

  #report(bytes = this.#content?.haveBytes ?? 0): void {
    const delta = bytes - this.#reportedBytes;
    this.#reportedBytes = bytes;
    if (delta !== 0) this.#options.onBytes(delta);
  }
}
