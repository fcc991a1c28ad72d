// The page's side of the talk with its host: requests with answers, typed and checked.

import { type OfSession, parseToPage, type ToHost, type ToPage, type ViewerAnswer } from '../../src/protocol/viewer.ts';
import type { Request } from './reads.ts';

interface VsCodeApi {
  postMessage(message: OfSession<ToHost>): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

type Asked = Extract<ToHost, { type: 'read' | 'find' | 'goToLine' }>;
type Question = Asked extends infer Each ? (Each extends Asked ? Omit<Each, 'id'> : never) : never;

export class Host {
  readonly #api = acquireVsCodeApi();
  readonly #session = document.body.dataset['session'] ?? '';
  readonly #waiting = new Map<
    number,
    { resolve: (answer: ViewerAnswer) => void; onProgress: ((text: string) => void) | undefined }
  >();
  #count = 0;

  constructor(onOpen: (message: Extract<ToPage, { type: 'open' }>) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = parseToPage(data, this.#session);
      if (message === undefined) return;
      if (message.type === 'open') {
        onOpen(message);
        return;
      }
      const waiting = this.#waiting.get(message.id);
      if (message.type === 'progress') {
        waiting?.onProgress?.(message.text);
        return;
      }
      this.#waiting.delete(message.id);
      waiting?.resolve(message);
    });
    this.#post({ type: 'ready' });
  }

  /** The answer may be `failed` or `cancelled`; it never rejects. */
  ask(question: Question, onProgress?: (text: string) => void): Request {
    const id = ++this.#count;
    const answer = new Promise<ViewerAnswer>((resolve) => this.#waiting.set(id, { resolve, onProgress }));
    this.#post({ ...question, id });
    return { id, answer };
  }

  cancel(id: number): void {
    this.#post({ type: 'cancel', id });
  }

  download(): void {
    this.#post({ type: 'download' });
  }

  /** Kept while the page is hidden, and over a reload of the window. */
  get state(): Record<string, unknown> {
    const state = this.#api.getState();
    return typeof state === 'object' && state !== null ? (state as Record<string, unknown>) : {};
  }

  set state(state: Record<string, unknown>) {
    this.#api.setState(state);
  }

  #post(message: ToHost): void {
    this.#api.postMessage({ ...message, session: this.#session });
  }
}
