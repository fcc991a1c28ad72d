// Worker: keeps what is known of files beyond their names, own and peers', and answers from it. Blocks of strangers are read here, off the
// main thread, which says which of their files the index has.

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import { detailLimits } from '../../limits.ts';
import { IndexView } from '../index/indexView.ts';
import { Segment } from '../index/segment.ts';
import { decodeDetails, encodeDetails } from './detailBlock.ts';
import type { DetailOperation, DetailOperations, DetailReply, DetailRequest, FileState, OfferedFiles } from './detailMessages.ts';
import type { DetailRecord } from './detailRecord.ts';
import { DetailTables } from './detailTables.ts';

export interface DetailWorkerData {
  dataFolder: string;
}

type Handlers = { [O in DetailOperation]: (params: DetailOperations[O]['params']) => DetailOperations[O]['result'] };

/** Longest piece of comparing before others get their turn. */
const sliceMs = 20;

class DetailWorker {
  readonly #tables: DetailTables;
  /** Read, and waiting to be kept. */
  #offered: { key: string; records: DetailRecord[]; blockBytes: number } | undefined;
  #comparing: Comparing | undefined;

  constructor(tables: DetailTables) {
    this.#tables = tables;
  }

  readonly handlers: Handlers = {
    states: () => this.#tables.states(),
    begin: ({ key, feedKey, isOfContent }) => this.#write(() => this.#tables.begin(key, { feedKey, isOfContent, refusal: '' })),
    moved: ({ key, feedKey, length, feedRecords, feedBytes }) =>
      this.#write(() => {
        const before = this.#tables.state(key);
        if (before) this.#tables.save(key, { feedKey, length, feedRecords, bytes: Math.floor(before.bytes / 2) + feedBytes });
      }),
    done: ({ key, doneLength }) => this.#write(() => this.#tables.save(key, { doneLength })),
    refuse: ({ key, feedKey, refusal }) => this.#write(() => this.#tables.begin(key, { feedKey, isOfContent: false, refusal })),
    remove: ({ key }) => this.#write(() => this.#tables.remove(key)),
    forget: ({ key, folders }) => this.#write(() => this.#tables.forget(key, folders)),
    offer: ({ key, block }) => {
      const { records } = decodeDetails(block);
      this.#offered = { key, records, blockBytes: block.length };
      return filesOf(records);
    },
    keep: ({ key, index, isKept }) => this.#keep(key, index, isKept),
    encode: ({ records }) => encodeDetails(records),
    live: ({ key, after }) => {
      const records = this.#tables.after(key, after, detailLimits.blockRecords);
      return { blocks: encodeDetails(records), last: records.at(-1)?.path };
    },
    compare: ({ key, segmentPath, overlay }) => {
      this.#comparing?.close();
      const view = new IndexView(Segment.open(segmentPath));
      if (overlay !== undefined) view.apply(overlay);
      this.#comparing = new Comparing(key, view, this.#tables);
    },
    missing: ({ key }) => {
      const comparing = this.#comparing;
      if (comparing?.key !== key) throw new AppError('cancelled', 'Another share is compared now.');
      const found = comparing.next();
      if (!found.isDone) return found;
      comparing.close();
      this.#comparing = undefined;
      return found;
    },
    get: ({ key, path }) => this.#tables.get(key, path),
    roots: (asked) => this.#tables.roots(asked),
    find: (question) => this.#tables.find(question),
    holders: ({ contentId, limit }) => this.#tables.holders(contentId, limit),
    close: () => {
      this.#comparing?.close();
      this.#tables.close();
    },
  };

  /** A block and how far the feed was read become durable together. */
  #keep(key: string, index: number, isKept: Uint8Array): DetailOperations['keep']['result'] {
    const offered = this.#offered;
    this.#offered = undefined;
    if (offered?.key !== key || offered.records.length !== isKept.length)
      throw new AppError('internal', 'A block of details was kept that was not offered.');
    return this.#tables.transaction(() => {
      const before = this.#tables.state(key);
      if (before?.length !== index) throw new AppError('internal', 'A block of details came out of order.');
      const { files, bytes, previewBytes } = this.#tables.put(
        key,
        offered.records.filter((_, at) => isKept[at] === 1),
      );
      const after = {
        length: index + 1,
        feedRecords: before.feedRecords + offered.records.length,
        files: before.files + files,
        bytes: before.bytes + bytes + offered.blockBytes,
        previewBytes: before.previewBytes + previewBytes,
      };
      this.#tables.save(key, after);
      return { ...before, ...after };
    });
  }

  #write(work: () => void): undefined {
    this.#tables.transaction(work);
    return undefined;
  }
}

/** Goes through an index, once, for files of which nothing is known as they are; and forgets what is known of files that are gone. */
class Comparing {
  readonly key: string;
  readonly #view: IndexView;
  readonly #tables: DetailTables;
  readonly #files: Iterator<{ path: string; entry: { kind: string; sizeBytes: number; mtimeMs: number } }>;
  /** Past the last file: what is known is gone through, from this path on. */
  #checkedTo: string | undefined;

  constructor(key: string, view: IndexView, tables: DetailTables) {
    this.key = key;
    this.#view = view;
    this.#tables = tables;
    this.#files = view.walk(root);
  }

  next(): { files: FileState[]; isDone: boolean } {
    const files: FileState[] = [];
    const until = performance.now() + sliceMs;
    while (files.length < detailLimits.describeFiles && performance.now() < until) {
      if (this.#checkedTo !== undefined) return { files, isDone: this.#dropGone() };
      const next = this.#files.next();
      if (next.done === true) {
        this.#checkedTo = '';
        continue;
      }
      const { path, entry } = next.value;
      const file = { path, sizeBytes: entry.sizeBytes, mtimeMs: entry.mtimeMs };
      if (entry.kind === 'file' && !this.#tables.isKnown(this.key, file)) files.push(file);
    }
    return { files, isDone: false };
  }

  close(): void {
    this.#view.close();
  }

  #dropGone(): boolean {
    const records = this.#tables.after(this.key, this.#checkedTo ?? '', detailLimits.blockRecords / 4);
    const gone = records.filter(({ path }) => this.#view.stat(path as typeof root)?.kind !== 'file').map(({ path }) => path);
    if (gone.length > 0) this.#tables.transaction(() => this.#tables.drop(this.key, gone));
    this.#checkedTo = records.at(-1)?.path;
    return this.#checkedTo === undefined;
  }
}

/** The root of an index. */
const root = '' as Parameters<IndexView['walk']>[0];

function filesOf(records: readonly DetailRecord[]): OfferedFiles {
  const files = { paths: new Array<string>(), sizes: new Float64Array(records.length), times: new Float64Array(records.length) };
  for (const [at, { path, sizeBytes, mtimeMs }] of records.entries()) {
    files.paths.push(path);
    files.sizes[at] = sizeBytes;
    files.times[at] = mtimeMs;
  }
  return files;
}

function main({ dataFolder }: DetailWorkerData, port: MessagePort): void {
  const reply = (message: DetailReply, handed: ArrayBuffer[] = []): void => port.postMessage(message, handed);
  const tables = new DetailTables(dataFolder, (message) => reply({ type: 'log', level: 'warn', message }));
  const { handlers } = new DetailWorker(tables);
  port.on('message', ({ id, operation, params }: DetailRequest) => {
    try {
      const result = handlers[operation](params as never);
      reply({ type: 'done', id, result }, operation === 'roots' ? buffersOf(result) : []);
    } catch (thrown) {
      const { kind, message } = asAppError(thrown);
      reply({ type: 'failed', id, kind, message });
    }
    if (operation === 'close') port.close();
  });
}

/** They are made for the answer alone, and large. */
function buffersOf(result: unknown): ArrayBuffer[] {
  return Object.values(result as object).flatMap((each: unknown) =>
    ArrayBuffer.isView(each) && each.buffer instanceof ArrayBuffer && each.byteLength > 0 ? each.buffer : [],
  );
}

if (parentPort !== null) main(workerData as DetailWorkerData, parentPort);
