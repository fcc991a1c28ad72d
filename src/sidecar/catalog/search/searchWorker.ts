// Worker: knows every share's segment, changes and search file, and answers one query after another, the newest first. Search files that
// are missing or damaged are made (builder.ts) before their share is searched.

import { parentPort, type MessagePort } from 'node:worker_threads';
import { asAppError } from '../../../protocol/errors.ts';
import type { LogLevel } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import { limitPages } from '../index/pages.ts';
import { searchFile } from '../index/segmentFolder.ts';
import { answerQuery, answerRecent } from './answer.ts';
import { Builder } from './builder.ts';
import { SearchFile, SearchFileError } from './searchFile.ts';
import type { PageRequest, SearchReply, SearchRequest } from './searchMessages.ts';
import { ShareIndex } from './shareIndex.ts';
import { Workspace } from './workspace.ts';

type Asked = Extract<SearchRequest, { page: PageRequest }>;

class Searcher {
  readonly #port: MessagePort;
  readonly #shares = new Map<string, ShareIndex>();
  /** Shares whose search file is being made. */
  readonly #building = new Map<ShareIndex, Promise<void>>();
  readonly #madeAnew = new WeakSet<ShareIndex>();
  readonly #builder = new Builder();
  readonly #workspace = new Workspace();
  /** The newest last. */
  readonly #asked: Asked[] = [];
  #isScheduled = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  handle(request: SearchRequest): void {
    switch (request.type) {
      case 'put':
        return this.#put(request);
      case 'change':
        return this.#change(request);
      case 'remove':
        return this.#drop(request.key);
      case 'settle':
        return void this.#settle(request.id);
      case 'close':
        return void this.#builder.close().then(() => this.#reply({ type: 'settled', id: request.id }));
      case 'query':
      case 'recent':
        this.#asked.push(request);
        return this.#schedule();
    }
  }

  #put({ key, segmentPath, overlay }: Extract<SearchRequest, { type: 'put' }>): void {
    this.#drop(key);
    try {
      const share = new ShareIndex(key, segmentPath, overlay);
      this.#shares.set(key, share);
      this.#open(share);
    } catch (error) {
      this.#log('warn', `${segmentPath} cannot be searched: ${messageOf(error)}`);
    }
  }

  #change({ key, delta }: Extract<SearchRequest, { type: 'change' }>): void {
    try {
      this.#shares.get(key)?.apply(delta);
    } catch (error) {
      this.#drop(key);
      this.#log('warn', `A change of ${key} does not fit what is searched, which is left out: ${messageOf(error)}`);
    }
  }

  #drop(key: string): void {
    const share = this.#shares.get(key);
    this.#shares.delete(key);
    this.#workspace.rest(share?.file);
    share?.close();
  }

  #open(share: ShareIndex): void {
    const path = searchFile(share.segmentPath);
    try {
      share.file = SearchFile.open(path, share.segment.header.contentHash);
      this.#ready(share);
    } catch (error) {
      if (!(error instanceof SearchFileError)) throw error;
      this.#make(share, path);
    }
  }

  #make(share: ShareIndex, path: string): void {
    const building = this.#build(share, path).finally(() => this.#building.delete(share));
    this.#building.set(share, building);
  }

  async #build(share: ShareIndex, path: string): Promise<void> {
    let failure = await this.#builder.build({ segmentPath: share.segmentPath, path });
    if (this.#shares.get(share.key) !== share) return;
    try {
      if (failure === undefined) {
        share.file = SearchFile.open(path, share.segment.header.contentHash);
        this.#ready(share);
      }
    } catch (error) {
      failure = messageOf(error);
    }
    if (failure !== undefined) this.#log('warn', `${share.segmentPath} cannot be searched: ${failure}`);
  }

  async #settle(id: number): Promise<void> {
    while (this.#building.size > 0) await Promise.allSettled(this.#building.values());
    this.#reply({ type: 'settled', id });
  }

  /** After the messages that wait already: a cancelled or newer query may be among them. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const asked = this.#asked.pop();
      if (asked !== undefined) this.#answer(asked);
      if (this.#asked.length > 0) this.#schedule();
    });
  }

  #answer(asked: Asked): void {
    try {
      this.#reply({ type: 'found', id: asked.id, found: this.#found(asked) });
    } catch (thrown) {
      const error = asAppError(thrown);
      this.#reply({ type: 'failed', id: asked.id, kind: error.kind, message: error.message });
    }
    this.#workspace.rest();
  }

  #found(asked: Asked): ReturnType<typeof answerQuery> {
    // Each damaged file is found once, and left out from then on.
    for (;;) {
      const shares = this.#searched(asked.page.keys);
      try {
        return asked.type === 'query'
          ? answerQuery(this.#workspace, shares, asked.query, asked.page)
          : answerRecent(this.#workspace, shares, asked.page);
      } catch (error) {
        if (!(error instanceof SearchFileError)) throw error;
        const damaged = shares.find(({ file }) => file?.path === error.path);
        if (damaged === undefined) throw error;
        this.#workspace.rest(damaged.file);
        damaged.file?.close();
        damaged.file = undefined;
        this.#lost(damaged, error);
      }
    }
  }

  /** Made anew once: a disk that damages it again is not worth another try. */
  #lost(share: ShareIndex, error: SearchFileError): void {
    this.#reply({ type: 'ready', key: share.key, segmentPath: share.segmentPath, isReady: false });
    const isAgain = this.#madeAnew.has(share);
    this.#log('warn', `${error.message} ${isAgain ? 'Its share is left out.' : 'It is made anew.'}`);
    if (isAgain) return;
    this.#madeAnew.add(share);
    this.#make(share, error.path);
  }

  /** By key: the order of equally good matches. */
  #searched(keys: readonly string[] | undefined): ShareIndex[] {
    const wanted = keys && new Set(keys);
    return [...this.#shares.values()]
      .filter(({ key, file }) => file !== undefined && (wanted?.has(key) ?? true))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  #ready(share: ShareIndex): void {
    this.#reply({ type: 'ready', key: share.key, segmentPath: share.segmentPath, isReady: true });
  }

  #log(level: LogLevel, message: string): void {
    this.#reply({ type: 'log', level, message });
  }

  #reply(reply: SearchReply): void {
    this.#port.postMessage(reply);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort !== null) {
  limitPages(searchLimits.segmentPages);
  const searcher = new Searcher(parentPort);
  parentPort.on('message', (request: SearchRequest) => searcher.handle(request));
}
