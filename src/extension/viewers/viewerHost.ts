// What a viewer's page asks for, answered: ranges, words, lines. One for each open page. Every request can be cancelled, and ends with the page.
// Must not know `vscode`.

import { asAppError } from '../../protocol/errors.ts';
import { type OfSession, parseToHost, type ToHost, type ToPage } from '../../protocol/viewer.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatPercent, t } from '../text.ts';
import type { RangeReader } from './rangeReader.ts';
import { find, Lines, queryOf } from './scan.ts';

export interface ViewerHostOptions {
  reader: RangeReader;
  /** Of this page alone: messages without it are none of its. */
  session: string;
  /** Whose the file is, as it is shown. */
  owner: () => string;
  post: (message: OfSession<ToPage>) => void;
  /** What the page is to show. */
  opening: Omit<Extract<ToPage, { type: 'open' }>, 'type'>;
  onDownload: () => void;
}

type Request = Extract<ToHost, { type: 'read' | 'find' | 'goToLine' }>;

export class ViewerHost {
  readonly #options: ViewerHostOptions;
  readonly #lines: Lines;
  readonly #running = new Map<number, AbortController>();

  constructor(options: ViewerHostOptions) {
    this.#options = options;
    this.#lines = new Lines(options.reader);
  }

  /** A message of the page. What is none of ours is passed over. */
  take(value: unknown): void {
    const message = parseToHost(value, this.#options.session);
    if (message === undefined) return;
    switch (message.type) {
      case 'ready':
        // A page that was hidden is made anew, and counts anew.
        this.#cancelAll();
        this.#post({ type: 'open', ...this.#options.opening });
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
        if (this.#running.has(message.id)) return;
        if (this.#running.size >= limits.viewerRequests) this.#post({ type: 'cancelled', id: message.id });
        else void this.#run(message);
        return;
    }
  }

  dispose(): void {
    this.#cancelAll();
  }

  #cancelAll(): void {
    for (const abort of this.#running.values()) abort.abort();
    this.#running.clear();
  }

  #post(message: ToPage): void {
    this.#options.post({ ...message, session: this.#options.session });
  }

  async #run(message: Request): Promise<void> {
    const { id } = message;
    const abort = new AbortController();
    this.#running.set(id, abort);
    let answer: ToPage;
    try {
      answer = await this.#answer(message, abort.signal);
    } catch (error) {
      const failure = asAppError(error);
      answer = failure.kind === 'cancelled' ? { type: 'cancelled', id } : { type: 'failed', id, message: failureText(failure) };
    }
    // The page that asked is gone.
    if (this.#running.get(id) !== abort) return;
    this.#running.delete(id);
    this.#post(abort.signal.aborted ? { type: 'cancelled', id } : answer);
  }

  async #answer(message: Request, signal: AbortSignal): Promise<ToPage> {
    const { reader } = this.#options;
    const { id } = message;
    const onProgress = this.#progressOf(id);
    switch (message.type) {
      case 'read':
        return this.#read(message, signal);
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

  async #read({ id, offset, length }: Extract<Request, { type: 'read' }>, signal: AbortSignal): Promise<ToPage> {
    const { reader, owner } = this.#options;
    const timer = setTimeout(() => {
      if (reader.fetchedBytes > 0) return;
      const text = t('{0} reads the file first, if nobody looked into it before: each part is verified by the whole …', owner());
      this.#post({ type: 'progress', id, text });
    }, limits.viewerFirstMs);
    try {
      const bytes = await reader.read(offset, length, signal);
      return { type: 'bytes', id, offset, bytes, fetchedBytes: reader.fetchedBytes };
    } finally {
      clearTimeout(timer);
    }
  }

  #progressOf(id: number): (done: number) => void {
    let saidMs = performance.now();
    return (done) => {
      if (performance.now() - saidMs < limits.viewerProgressMs) return;
      saidMs = performance.now();
      const { sizeBytes } = this.#options.reader;
      const text = t(
        'Looking through {0} of {1} ({2})',
        formatBytes(done),
        formatBytes(sizeBytes),
        formatPercent(done, sizeBytes),
      );
      this.#post({ type: 'progress', id, text });
    };
  }
}
