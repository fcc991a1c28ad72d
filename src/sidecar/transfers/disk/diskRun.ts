// A download's way to its final names: packs go in, groups of files come out at their places, on the disk for good. The work is the
// disk worker's (placingRun.ts); this hands over and is told.

import { AppError } from '../../../protocol/errors.ts';
import type { DiskThread } from './disk.ts';
import type { DiskEvent, RunFile, RunSettings, Settled, Unpacked } from './diskCalls.ts';
import { owned, transferable } from './handedOver.ts';

export class DiskRun {
  readonly #thread: DiskThread;
  readonly #run: number;
  readonly #release: () => void;
  #stopListening: () => void = () => undefined;
  #isClosed = false;
  /** False when an earlier attempt left something: then files must be sifted. */
  readonly isFresh: boolean;

  private constructor(thread: DiskThread, opened: { run: number; isFresh: boolean; release: () => void }) {
    this.#thread = thread;
    this.#run = opened.run;
    this.isFresh = opened.isFresh;
    this.#release = opened.release;
  }

  static async open(thread: DiskThread, settings: RunSettings): Promise<DiskRun> {
    const release = thread.hold();
    try {
      return new DiskRun(thread, { ...(await thread.ask('runOpen', settings)), release });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** `settled`: files of packs are at their places for good, or failed. `failed`: nothing more can be placed. Told before `flush` resolves. */
  listen(listener: { settled(settled: Settled): void; failed(error: AppError): void }): void {
    this.#stopListening = this.#thread.listen(this.#run, (event: DiskEvent) => {
      if (event.type === 'settled') listener.settled(event.settled);
      else listener.failed(new AppError(event.kind, event.message, { data: event.data ?? {} }));
    });
  }

  /** Which of these are there already: 0 = to be fetched, 1 = placed before, 2 = to be skipped; targets (absolute) of those placed. */
  sift(files: RunFile[]): Promise<{ states: Uint8Array; targets: Record<number, string> }> {
    return this.#thread.ask('runSift', { run: this.#run, files });
  }

  /** Makes folders below the top, parents first. */
  async makeFolders(folders: string[]): Promise<void> {
    await this.#thread.ask('runFolders', { run: this.#run, folders });
  }

  /**
   * Takes a pack apart: verifies each file and writes it to a temporary name. `indexes` name the files in what is told later; one of more
   * bytes than `most` says of it is refused as `too-large`. Rejects with
   * `protocol` for what is no pack; then nothing of it was taken.
   */
  unpack(
    { indexes, relatives, most }: { indexes: Uint32Array; relatives: readonly string[]; most?: Float64Array },
    chunks: readonly Uint8Array[],
  ): Promise<Unpacked> {
    const handed = chunks.map(owned);
    const ask = { run: this.#run, indexes, relatives: relatives.join('\0'), chunks: handed, ...(most && { most }) };
    return this.#thread.ask('runUnpack', ask, transferable(handed));
  }

  /** Gives a finished partial file its final name. On the disk for good when it resolves. */
  place(relative: string, partialPath: string): Promise<{ outcome: 'placed'; target: string } | { outcome: 'skipped' }> {
    return this.#thread.ask('runPlace', { run: this.#run, relative, partialPath });
  }

  /** All that was unpacked is settled. */
  async flush(): Promise<void> {
    await this.#thread.ask('runFlush', { run: this.#run });
  }

  /** What was not flushed is fetched again. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    try {
      if (this.#thread.isAlive) await this.#thread.ask('runClose', { run: this.#run });
    } finally {
      this.#release();
    }
  }
}
