// The page's side of the talk with its host: requests with answers, typed and checked.

import { isToPage, type ToHost, type ToPage } from '../../src/protocol/viewer.ts';

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

type Answer = Extract<ToPage, { id: number }>;
type Asked = Extract<ToHost, { type: 'read' | 'find' | 'goToLine' }>;
type Question = Asked extends infer Each ? (Each extends Asked ? Omit<Each, 'id'> : never) : never;

export interface Request {
  id: number;
  answer: Promise<Answer>;
}

export class Host {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; onProgress: ((text: string) => void) | undefined }>();
  #count = 0;

  constructor(onOpen: (message: Extract<ToPage, { type: 'open' }>) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!isToPage(data)) return;
      if (data.type === 'open') {
        onOpen(data);
        return;
      }
      const waiting = this.#waiting.get(data.id);
      if (data.type === 'progress') {
        waiting?.onProgress?.(data.text);
        return;
      }
      this.#waiting.delete(data.id);
      waiting?.resolve(data);
    });
    this.#api.postMessage({ type: 'ready' });
  }

  ask(question: Question, onProgress?: (text: string) => void): Request {
    const id = ++this.#count;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, { resolve, onProgress }));
    this.#api.postMessage({ ...question, id });
    return { id, answer };
  }

  cancel(id: number): void {
    this.#api.postMessage({ type: 'cancel', id });
  }

  download(): void {
    this.#api.postMessage({ type: 'download' });
  }

  /** Kept while the page is hidden, and over a reload of the window. */
  get state(): Record<string, unknown> {
    const state = this.#api.getState();
    return typeof state === 'object' && state !== null ? (state as Record<string, unknown>) : {};
  }

  set state(state: Record<string, unknown>) {
    this.#api.setState(state);
  }
}
