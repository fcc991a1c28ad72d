// What is shown of uploads: the requests of one peer for one file are one line, and so are those for small files of one share. A line ends
// when all was sent, or nothing was asked for a while; then it is told once, for the history.

import type { AppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { LinkKind, UploadInfo } from '../../../protocol/model.ts';
import { localLimits, transferLimits } from '../../limits.ts';
import { Pace, SpeedMeter } from '../pace.ts';
import type { EndedUpload } from './parts.ts';

/** What a request is for. */
export interface UploadSubject {
  peerId: PeerId;
  owner: PeerId;
  shareId: ShareId;
  link: LinkKind;
  /** The file; or the folder that the small files have in common. */
  path: string;
  kind: 'file' | 'folder';
  files: number;
  /** Of the whole file; or of these small files. */
  totalBytes: number;
}

/** One request in the list. */
export interface ListedRequest {
  /** It waits at this place; 0: it is being worked on. */
  position(position: number): void;
  sent(bytes: number): void;
  /** There is more of it than was said. */
  grow(bytes: number): void;
  /** Once; without a failure it was answered whole. */
  end(failure: AppError | undefined): void;
}

interface Line {
  key: string;
  subject: UploadSubject;
  startedAtMs: number;
  sentBytes: number;
  meter: SpeedMeter;
  /** Places of its requests. */
  requests: Set<{ position: number }>;
  failure: AppError | undefined;
  idle: NodeJS.Timeout | undefined;
}

export class UploadList {
  readonly #nameOf: (peerId: PeerId) => string;
  readonly #onEnded: (upload: EndedUpload) => void;
  readonly #changed: Pace;
  readonly #lines = new Map<string, Line>();
  readonly #meter = new SpeedMeter();

  constructor(options: { nameOf: (peerId: PeerId) => string; onChange: () => void; onEnded: (upload: EndedUpload) => void }) {
    this.#nameOf = options.nameOf;
    this.#onEnded = options.onEnded;
    this.#changed = new Pace(localLimits.progressHz, options.onChange);
  }

  /** Running ones first, then those that wait, in order. */
  list(): UploadInfo[] {
    const infos = [...this.#lines.values()].map((line) => this.#info(line));
    return infos.sort((one, other) => (one.position ?? 0) - (other.position ?? 0));
  }

  get size(): number {
    return this.#lines.size;
  }

  get bytesPerSecond(): number {
    return this.#meter.bytesPerSecond();
  }

  /** Something that is shown beside it changed. */
  touch(): void {
    this.#changed.touch();
  }

  begin(subject: UploadSubject): ListedRequest {
    const line = this.#line(subject);
    const request = { position: 0 };
    line.requests.add(request);
    line.failure = undefined;
    this.#changed.touch();
    return {
      position: (position) => {
        request.position = position;
        this.#changed.touch();
      },
      sent: (bytes) => {
        line.sentBytes += bytes;
        line.meter.add(bytes);
        this.#meter.add(bytes);
        this.#changed.touch();
      },
      grow: (bytes) => {
        line.subject = { ...line.subject, totalBytes: line.subject.totalBytes + bytes };
      },
      end: (failure) => {
        if (!line.requests.delete(request)) return;
        line.failure = failure;
        this.#changed.touch();
        if (line.requests.size === 0) this.#rest(line);
      },
    };
  }

  /** Tells what has not ended as it is, and nothing more. */
  close(): void {
    for (const line of [...this.#lines.values()]) this.#end(line);
    this.#changed.stop();
  }

  #line(subject: UploadSubject): Line {
    const { peerId, owner, shareId, kind, path } = subject;
    const key = JSON.stringify([peerId, owner, shareId, kind, kind === 'file' ? path : '']);
    const known = this.#lines.get(key);
    if (known !== undefined) {
      clearTimeout(known.idle);
      known.subject = kind === 'file' ? subject : joined(known.subject, subject);
      return known;
    }
    if (this.#lines.size >= transferLimits.waitingRequestsInAll) this.#endOldestIdle();
    const line: Line = {
      ...{ key, subject, startedAtMs: Date.now(), sentBytes: 0, meter: new SpeedMeter() },
      ...{ requests: new Set<{ position: number }>(), failure: undefined, idle: undefined },
    };
    this.#lines.set(key, line);
    return line;
  }

  #rest(line: Line): void {
    const isWhole = line.subject.kind === 'file' && line.failure === undefined && line.sentBytes >= line.subject.totalBytes;
    if (isWhole) this.#end(line);
    else line.idle = setTimeout(() => this.#end(line), transferLimits.uploadIdleMs).unref();
  }

  #endOldestIdle(): void {
    for (const line of this.#lines.values())
      if (line.requests.size === 0) {
        this.#end(line);
        return;
      }
  }

  #end(line: Line): void {
    clearTimeout(line.idle);
    if (!this.#lines.delete(line.key)) return;
    this.#changed.touch();
    if (line.sentBytes === 0) return;
    const { peerId, owner, shareId, path, kind, files } = line.subject;
    const outcome = line.failure === undefined ? 'done' : line.failure.kind === 'cancelled' ? 'cancelled' : 'failed';
    this.#onEnded({
      ...{ peerId, owner, shareId, path, kind, files, outcome },
      bytes: line.sentBytes,
      startedAtMs: line.startedAtMs,
      endedAtMs: Date.now(),
    });
  }

  #info({ subject, startedAtMs, sentBytes, meter, requests }: Line): UploadInfo {
    const { peerId, owner, shareId, path, files, link, totalBytes } = subject;
    const places = [...requests].map(({ position }) => position);
    const first = Math.min(...places, Infinity);
    const isWaiting = first > 0 && first < Infinity;
    return {
      ...{ peerId, name: this.#nameOf(peerId), ownerId: owner, shareId, path, fileCount: files, link, totalBytes, startedAtMs },
      state: isWaiting ? 'waiting' : 'running',
      ...(isWaiting && { position: first }),
      sentBytes: Math.min(sentBytes, totalBytes),
      bytesPerSecond: meter.bytesPerSecond(),
    };
  }
}

/** More small files of the same share. */
function joined(known: UploadSubject, more: UploadSubject): UploadSubject {
  return {
    ...more,
    path: commonFolder([known.path, more.path]),
    files: known.files + more.files,
    totalBytes: known.totalBytes + more.totalBytes,
  };
}

/** The deepest folder that all of these folders are in, or are. */
export function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? '';
  for (const folder of folders) while (!isIn(folder, common)) common = common.slice(0, Math.max(common.lastIndexOf('/'), 0));
  return common;
}

function isIn(folder: string, ancestor: string): boolean {
  return ancestor === '' || folder === ancestor || folder.startsWith(`${ancestor}/`);
}
