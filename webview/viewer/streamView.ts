// Sound and films that the browser takes piece by piece: only what is played is fetched, some seconds ahead; going elsewhere fetches from there. What
// has no plan is shown by wholeView.ts.

import { viewerMaxima } from '../../src/protocol/viewer.ts';
import { button, element } from './elements.ts';
import type { Host } from './host.ts';
import { pieceAt, planOf, type MediaFile, type MediaPlan } from './media/plan.ts';
import { filled, sizeText } from './place.ts';
import { showWhole, type WholeOptions } from './wholeView.ts';

export type StreamOptions = WholeOptions & { kind: 'audio' | 'video' };

/** How much is held after what is played, and after what stands still; and before it. */
const aheadSeconds = 30;
const stillSeconds = 4;
const behindSeconds = 10;
/** Where nothing is to be seen or heard for so long, that is passed over. */
const gapSeconds = 2;
const { readBytes } = viewerMaxima;
/** Ranges asked for at a time. */
const pipelined = 4;

class Failure extends Error {}

/** Plays; or shows the file whole when it cannot be played by ranges. */
export async function showStream(root: HTMLElement, options: StreamOptions): Promise<void> {
  const { host, texts, sizeBytes } = options;
  const say = (key: string): string => texts[key] ?? '';
  const waiting = element('p', { role: 'status', text: say('loading') });
  const page = element('div', { className: 'whole' }, waiting);
  root.replaceChildren(page);
  const file = new HostFile(host, sizeBytes, (slow) => (waiting.textContent = slow));
  const told = (message: string, retry?: () => void): void =>
    page.replaceChildren(
      element('p', { role: 'status', text: message }),
      ...(retry === undefined ? [] : [button(say('retry'), retry)]),
      button(say('download'), () => host.download()),
    );
  let plan: MediaPlan | undefined;
  try {
    plan = await planOf(file, options.mime);
  } catch (error) {
    told(messageOf(error), () => void showStream(root, options));
    return;
  }
  if (plan === undefined || !MediaSource.isTypeSupported(plan.mime)) {
    const isHopeless = plan !== undefined && document.createElement(options.kind).canPlayType(plan.mime) === '';
    if (isHopeless) told(say('notShown'));
    else showWhole(root, options);
    return;
  }
  const player = element(options.kind, { label: options.name });
  player.controls = true;
  const about = element('span', { className: 'about' });
  const news = element('p', { role: 'alert' });
  const retry = button(say('retry'), () => void showStream(root, options));
  const wrong = element('div', { className: 'wrong' }, news, retry);
  wrong.hidden = true;
  page.replaceChildren(player, wrong, element('div', { className: 'status' }, about));
  file.onFetched = (fetchedBytes) => {
    about.textContent = `${sizeText(sizeBytes, navigator.language)} · ${filled(say('fetched'), sizeText(fetchedBytes, navigator.language))}`;
  };
  file.onFetched(file.fetchedBytes);
  const stream = new Stream(player, plan, file);
  const known = host.state['time'];
  if (typeof known === 'number') stream.startAt(known);
  player.addEventListener('timeupdate', () => (host.state = { time: player.currentTime }));
  try {
    await stream.run();
  } catch (error) {
    const isFailure = error instanceof Failure;
    // It may be that only its pieces are odd.
    if (!isFailure && player.currentTime === 0) {
      showWhole(root, options);
      return;
    }
    news.textContent = isFailure ? error.message : say('notShown');
    retry.hidden = !isFailure;
    wrong.hidden = false;
  }
}

/** The file as the host reads it. */
class HostFile implements MediaFile {
  readonly sizeBytes: number;
  readonly #host: Host;
  readonly #onSlow: (text: string) => void;
  fetchedBytes = 0;
  onFetched: (fetchedBytes: number) => void = () => undefined;

  constructor(host: Host, sizeBytes: number, onSlow: (text: string) => void) {
    this.#host = host;
    this.sizeBytes = sizeBytes;
    this.#onSlow = onSlow;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < bytes.length) {
        const at = next;
        next += readBytes;
        const asked = { type: 'read', offset: offset + at, length: Math.min(readBytes, bytes.length - at) } as const;
        signal?.throwIfAborted();
        const { id, answer: answering } = this.#host.ask(asked, this.#onSlow);
        const stop = (): void => this.#host.cancel(id);
        signal?.addEventListener('abort', stop);
        const answer = await answering;
        signal?.removeEventListener('abort', stop);
        signal?.throwIfAborted();
        if (answer.type === 'failed') throw new Failure(answer.message);
        if (answer.type !== 'bytes') throw new Failure('');
        bytes.set(answer.bytes, at);
        this.fetchedBytes = answer.fetchedBytes;
        this.onFetched(answer.fetchedBytes);
      }
    };
    await Promise.all(Array.from({ length: pipelined }, lane));
    return bytes;
  }
}

/** Feeds one player. */
class Stream {
  readonly #player: HTMLMediaElement;
  readonly #plan: MediaPlan;
  readonly #file: MediaFile;
  readonly #source = new MediaSource();
  /** Of the piece that is fetched. */
  #fetching = new AbortController();
  /** Pieces from the one to before the other were appended, without a gap. */
  #from = 0;
  #next = 0;
  /** The piece that was appended anew because its time was not there, since something was there. */
  #tried: number | undefined;
  #wake: () => void = () => undefined;

  constructor(player: HTMLMediaElement, plan: MediaPlan, file: MediaFile) {
    this.#player = player;
    this.#plan = plan;
    this.#file = file;
    for (const event of ['timeupdate', 'seeking', 'play', 'error']) player.addEventListener(event, () => this.#wake());
    player.addEventListener('seeking', () => {
      const wanted = pieceAt(plan.pieces, player.currentTime);
      if (wanted < this.#from || wanted > this.#next) this.#fetching.abort();
    });
  }

  startAt(seconds: number): void {
    const wanted = Math.max(0, Math.min(seconds, this.#plan.durationSeconds - 1));
    this.#player.addEventListener('loadedmetadata', () => (this.#player.currentTime = wanted), { once: true });
  }

  /** Ends only by failing: `Failure` when bytes do not come, anything else when they cannot be played. */
  async run(): Promise<never> {
    const url = URL.createObjectURL(this.#source);
    this.#player.src = url;
    await once(this.#source, 'sourceopen');
    URL.revokeObjectURL(url);
    const { mime, init, durationSeconds, isTimed, pieces } = this.#plan;
    const buffer = this.#source.addSourceBuffer(mime);
    buffer.mode = isTimed ? 'segments' : 'sequence';
    if (durationSeconds > 0) this.#source.duration = durationSeconds;
    if (init.length > 0) await this.#append(buffer, init);
    for (;;) {
      const at = this.#player.currentTime;
      const end = endOf(buffer, at);
      if (end !== undefined) this.#tried = undefined;
      const ahead = this.#player.paused ? stillSeconds : aheadSeconds;
      if (end === undefined && this.#isElsewhere(at)) await this.#goTo(buffer, at);
      else if (this.#isWanted(at, end === undefined ? undefined : ahead)) await this.#takeNext(buffer);
      else {
        if (this.#next >= pieces.length && this.#source.readyState === 'open') this.#source.endOfStream();
        if (end === undefined) this.#skipGap(buffer, at);
        await this.#woken();
      }
      if (this.#player.error !== null) throw new DOMException(this.#player.error.message);
    }
  }

  /** What is waited for was not appended; or it was, and is not there: it was let go of, or lies in a gap. */
  #isElsewhere(at: number): boolean {
    const wanted = pieceAt(this.#plan.pieces, at);
    if (wanted < this.#from || wanted > this.#next) return true;
    return wanted < this.#next - 1 && this.#tried !== wanted;
  }

  /** By the pieces' times, which go on where there are gaps. Undefined `ahead`: nothing is there yet. */
  #isWanted(at: number, ahead: number | undefined): boolean {
    const { pieces } = this.#plan;
    const next = pieces[this.#next];
    if (next === undefined) return false;
    return ahead === undefined ? this.#next <= pieceAt(pieces, at) + 1 : next.seconds <= at + ahead;
  }

  #skipGap({ buffered }: SourceBuffer, at: number): void {
    for (let index = 0; index < buffered.length; index++) {
      const start = buffered.start(index);
      if (start > at && start < at + gapSeconds) {
        this.#player.currentTime = start;
        return;
      }
    }
  }

  /** What was held lies elsewhere: it is let go of. */
  async #goTo(buffer: SourceBuffer, at: number): Promise<void> {
    const { pieces, isTimed } = this.#plan;
    this.#next = this.#from = this.#tried = pieceAt(pieces, at);
    if (this.#source.readyState === 'open') buffer.abort();
    if (buffer.buffered.length > 0) {
      buffer.remove(0, Number.POSITIVE_INFINITY);
      await once(buffer, 'updateend');
    }
    if (!isTimed) buffer.timestampOffset = pieces[this.#next]?.seconds ?? 0;
  }

  async #takeNext(buffer: SourceBuffer): Promise<void> {
    const index = this.#next;
    const piece = this.#plan.pieces[index];
    if (piece === undefined) return;
    const { signal } = (this.#fetching = new AbortController());
    const reads = Promise.all(piece.ranges.map(({ offset, length }) => this.#file.read(offset, length, signal)));
    const parts = await reads.catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (parts === undefined) return;
    const at = this.#player.currentTime;
    // Somebody went elsewhere meanwhile.
    if (endOf(buffer, at) === undefined && this.#isElsewhere(at)) return;
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < at - 2 * behindSeconds) {
      await this.#letGo(buffer, at - behindSeconds);
    }
    const [first = new Uint8Array(0)] = parts;
    await this.#append(buffer, this.#plan.convert?.(index, parts) ?? first);
    this.#next = index + 1;
  }

  async #append(buffer: SourceBuffer, bytes: Uint8Array): Promise<void> {
    for (;;) {
      try {
        buffer.appendBuffer(new Uint8Array(bytes));
        break;
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
        // Full: what was played makes room.
        await this.#woken();
        const until = this.#player.currentTime - 1;
        if (until > 0) await this.#letGo(buffer, until);
      }
    }
    await once(buffer, 'updateend');
  }

  async #letGo(buffer: SourceBuffer, until: number): Promise<void> {
    buffer.remove(0, until);
    await once(buffer, 'updateend');
    this.#from = Math.min(this.#next, pieceAt(this.#plan.pieces, until) + 1);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** Up to where what is held goes on from this time; undefined when it is not held. */
function endOf({ buffered }: SourceBuffer, at: number): number | undefined {
  for (let index = 0; index < buffered.length; index++) {
    // Times of pieces and of pictures differ by a little.
    if (buffered.start(index) <= at + 0.25 && buffered.end(index) > at) return buffered.end(index);
  }
  return undefined;
}

function once(target: EventTarget, name: string): Promise<void> {
  const heard = new AbortController();
  const { signal } = heard;
  return new Promise<void>((resolve, reject) => {
    target.addEventListener(name, () => resolve(), { signal });
    target.addEventListener('error', () => reject(new DOMException('it cannot be decoded')), { signal });
  }).finally(() => heard.abort());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
