// What a viewer's page asks for, answered: ranges, words, lines. One for each open page. Every request can be cancelled, and ends with the page.
// Must not know `vscode`.

import { asAppError } from '../../protocol/errors.ts';
import { isToHost, type ToHost, type ToPage } from '../../protocol/viewer.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatPercent, t } from '../text.ts';
import type { RangeReader } from './rangeReader.ts';
import { find, Lines, queryOf } from './scan.ts';

export interface ViewerHostOptions {
  reader: RangeReader;
  post: (message: ToPage) => void;
  onReady: () => void;
  onDownload: () => void;
}

/** Progress is told at most so often. */
const progressMs = 250;

export class ViewerHost {
  readonly #options: ViewerHostOptions;
  readonly #lines: Lines;
  readonly #running = new Map<number, AbortController>();

  constructor(options: ViewerHostOptions) {
    this.#options = options;
    this.#lines = new Lines(options.reader);
  }

  /** A message of the page. What is none of ours is passed over. */
  take(message: unknown): void {
    if (!isToHost(message)) return;
    switch (message.type) {
      case 'ready':
        this.#options.onReady();
        return;
      case 'download':
        this.#options.onDownload();
        return;
      case 'cancel':
        this.#running.get(message.id)?.abort();
        return;
      case 'read':
      case 'find':
      case 'goToLine':
        if (this.#running.has(message.id) || this.#running.size >= limits.viewerRequests) return;
        void this.#run(message);
        return;
    }
  }

  dispose(): void {
    for (const abort of this.#running.values()) abort.abort();
  }

  async #run(message: Extract<ToHost, { type: 'read' | 'find' | 'goToLine' }>): Promise<void> {
    const { post } = this.#options;
    const { id } = message;
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      const answer = await this.#answer(message, abort.signal);
      post(abort.signal.aborted ? { type: 'cancelled', id } : answer);
    } catch (error) {
      const failure = asAppError(error);
      const isCancelled = abort.signal.aborted || failure.kind === 'cancelled';
      post(isCancelled ? { type: 'cancelled', id } : { type: 'failed', id, message: failureText(failure) });
    } finally {
      this.#running.delete(id);
    }
  }

  async #answer(message: Extract<ToHost, { type: 'read' | 'find' | 'goToLine' }>, signal: AbortSignal): Promise<ToPage> {
    const { reader } = this.#options;
    const { id } = message;
    const onProgress = this.#progressOf(id);
    switch (message.type) {
      case 'read': {
        const bytes = await reader.read(message.offset, message.length);
        return { type: 'bytes', id, offset: message.offset, bytes, fetchedBytes: reader.fetchedBytes };
      }
      case 'goToLine': {
        const { offset, line } = await this.#lines.find(message.line, { signal, onProgress });
        return { type: 'line', id, offset, line };
      }
      case 'find': {
        const query = queryOf(message.query, message);
        if (query === undefined) {
          return { type: 'failed', id, message: t('Pairs of hexadecimal digits are looked for here, such as: 50 4b 03 04') };
        }
        const { from, isBackwards } = message;
        const found = await find(reader, query, { from, isBackwards, signal, onProgress });
        const none = { type: 'found', id, length: 0, isWrapped: false } as const;
        return found === undefined ? none : { type: 'found', id, ...found, length: query.bytes.length };
      }
    }
  }

  #progressOf(id: number): (done: number) => void {
    let saidMs = performance.now();
    return (done) => {
      if (performance.now() - saidMs < progressMs) return;
      saidMs = performance.now();
      const { sizeBytes } = this.#options.reader;
      const text = t(
        'Looking through {0} of {1} ({2})',
        formatBytes(done),
        formatBytes(sizeBytes),
        formatPercent(done, sizeBytes),
      );
      this.#options.post({ type: 'progress', id, text });
    };
  }
}
