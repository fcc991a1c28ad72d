// Serves files to peers: own shares as far as the index lists and node.ts allows them, and what lies here of others' shares. Who may have what
// is decided here; slots.ts says when, upload.ts sends. Knows no network; a peer is an id.

import { lstat } from 'node:fs/promises';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import type { RefusedPeer, UploadInfo } from '../../../protocol/model.ts';
import { transferLimits, wireLimits } from '../../limits.ts';
import { parseSafePath, type SafePath } from '../../storage/safePath.ts';
import type {
  FileServer,
  HashesReply,
  HashesRequest,
  HoldingReply,
  HoldingRequest,
  PackRequest,
  ReadReply,
  ReadRequest,
  ServeOptions,
} from '../../wire/services.ts';
import type { LocatedFile } from '../disk/sharedFile.ts';
import { notShared, readChanged, wasCancelled } from '../failures.ts';
import { Admission, type Admitted, letGo } from './admission.ts';
import * as given from './given.ts';
import { LearntRoots } from './learntRoots.ts';
import { OpenFiles } from './openFiles.ts';
import { folderOf, makePack, packPaths } from './packs.ts';
import type { UploadsOptions } from './parts.ts';
import { notHeld, otherContent, Refusals, refusedByOwner, uploadsClosed } from './refusals.ts';
import { RootsFirst } from './rootsFirst.ts';
import { type ToldAs, ToldRoots } from './toldRoots.ts';
import { readWhole, Upload, type UploadContent } from './upload.ts';
import { commonFolder, UploadList, type UploadSubject } from './uploadList.ts';

export type { Locate, LocatedMany, LocateMany, UploadsOptions, EndedUpload, GivenOn } from './parts.ts';

/** What of a file is asked for. */
interface Range {
  offset: number;
  end: number;
}

/** A request that waits: who asks may lose the share meanwhile. */
interface Waiting {
  isShared: () => boolean;
  abort: AbortController;
}

export class Uploads implements FileServer {
  readonly #options: UploadsOptions;
  readonly #refusals: Refusals;
  readonly #admission: Admission;
  readonly #files: OpenFiles;
  readonly #roots: RootsFirst;
  readonly #learnt: LearntRoots;
  readonly #told = new ToldRoots();
  readonly #list: UploadList;
  readonly #running = new Set<Upload>();
  /** Requests that wait to be let in. */
  readonly #waiting = new Set<Waiting>();
  #isClosed = false;

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.database);
    this.#files = new OpenFiles(options.secret);
    this.#roots = new RootsFirst(options);
    this.#learnt = new LearntRoots(options.trees);
    this.#list = new UploadList({
      nameOf: (peerId) => options.nameOf(peerId),
      onChange: () => options.onChange(),
      onEnded: (upload) => options.onEnded?.(upload),
    });
    this.#admission = new Admission(this.#list, {
      count: () => Math.max(1, options.settings().uploadSlots),
      isFirst: (peerId) => options.settings().friendsFirst && options.isFriend(peerId),
    });
  }

  /** What is being sent now, or was a moment ago; then what waits, in order. */
  list(): UploadInfo[] {
    return this.#list.list();
  }

  get activeCount(): number {
    return this.#list.size;
  }

  /** Of now, over all peers. */
  rates(): { bytesPerSecond: number; uploads: number } {
    return { bytesPerSecond: this.#list.bytesPerSecond, uploads: this.#list.size };
  }

  /** The number of slots, or whether friends go first, is another one. */
  settingsChanged(): void {
    this.#admission.changed();
  }

  /** Ends what goes, or waits to go, to peers that may not have it any more. */
  audienceChanged(): void {
    for (const upload of this.#running) upload.checkShared();
    for (const { isShared, abort } of this.#waiting) if (!isShared()) abort.abort();
  }

  /** Ends what goes to this peer, and gives it nothing until `allow`. Throws `invalid-argument`, `too-large`. */
  refuse(peerId: PeerId, reason = ''): RefusedPeer {
    const told = this.#refusals.add(peerId, reason);
    this.#admission.drop(peerId, refusedByOwner(told));
    this.#list.touch();
    return { peerId, name: this.#options.nameOf(peerId), reason: told };
  }

  allow(peerId: PeerId): void {
    this.#refusals.remove(peerId);
    this.#list.touch();
  }

  refused(): RefusedPeer[] {
    return this.#refusals.list().map((refused) => ({ ...refused, name: this.#options.nameOf(refused.peerId) }));
  }

  /** Ends every upload and waits until its file is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#admission.close(uploadsClosed());
    await Promise.allSettled([...this.#running].map((upload) => upload.stop(uploadsClosed())));
    this.#list.close();
    this.#learnt.close();
    await this.#roots.close();
    await this.#files.close();
  }

  async read(peerId: PeerId, request: ReadRequest, options: ServeOptions): Promise<ReadReply> {
    this.#check(peerId);
    const sharePath = parseSafePath(request.path);
    checkRange(request);
    const isOwn = request.owner === undefined || request.owner === this.#options.ownPeerId;
    return isOwn ? this.#readOwn(peerId, request, sharePath, options) : this.#readGiven(peerId, request, sharePath, options);
  }

  async readPack(peerId: PeerId, request: PackRequest, options: ServeOptions): Promise<ReadReply> {
    this.#check(peerId);
    const paths = packPaths(request);
    const { locateMany, disk, ownPeerId } = this.#options;
    const isShared = () => locateMany(peerId, request.shareId, []) !== undefined;
    if (!isShared()) throw notShared('');
    const subject = { peerId, owner: ownPeerId, shareId: request.shareId, link: options.link, kind: 'folder' as const };
    const path = commonFolder([...new Set(paths.map(folderOf))]);
    const asked = { ...subject, path, files: paths.length, totalBytes: 0 };
    const admitted = await this.#enter(asked, Infinity, isShared, options);
    try {
      const signal = AbortSignal.any([options.signal, admitted.permit.signal]);
      const bytes = await makePack({ locateMany, disk, learnt: this.#learnt }, { peerId, request, paths }, { signal });
      admitted.listed?.grow(bytes.byteLength);
      const content = {
        read: (position: number, _: unknown, length: number) => Promise.resolve(bytes.subarray(position, position + length)),
        check: () => Promise.resolve(),
        release: () => undefined,
      };
      const range = { offset: 0, end: bytes.byteLength };
      const upload = this.#upload(peerId, { content, path, range, root: undefined, admitted, isShared }, options);
      const head = { sizeBytes: bytes.byteLength, mtimeMs: 0, root: undefined, version: undefined, link: options.link };
      return { ...head, bytes: upload.bytes(), end: () => upload.end() };
    } catch (error) {
      throw letGo(admitted, error);
    }
  }

  async hashes(peerId: PeerId, request: HashesRequest): Promise<HashesReply> {
    this.#check(peerId);
    if (request.count > wireLimits.leavesInReply)
      throw new AppError('invalid-argument', `At most ${wireLimits.leavesInReply} leaf hashes are given at once. Ask for fewer.`);
    const told = this.#told.find(peerId, request.root);
    const proof =
      told && this.#mayHave(peerId, told) ? this.#options.trees.prove(request.root, request.first, request.count) : undefined;
    if (!proof) throw new AppError('not-found', 'There is no tree for this root here. Fetch the whole file instead.');
    return proof;
  }

  async holding(peerId: PeerId, request: HoldingRequest): Promise<HoldingReply> {
    this.#check(peerId);
    const path = parseSafePath(request.path);
    const { owner, shareId, root } = request;
    if (owner !== this.#options.ownPeerId) {
      const held = given.find(this.#options.givenOn, peerId, { owner, shareId, path, root });
      this.#told.add(peerId, root, request);
      return 'partial' in held ? given.partialHolding(held.partial) : given.wholeHolding(held.file.sizeBytes);
    }
    const located = this.#options.locate(peerId, shareId, path);
    if (located === undefined || located.entry.kind === 'folder') throw notShared(path);
    const stats = await lstat(located.absolutePath, { bigint: true }).catch(() => undefined);
    const known = stats?.isFile() ? this.#roots.known(located.absolutePath, stats) : undefined;
    if (stats === undefined || known === undefined || Buffer.compare(known, root) !== 0) throw notHeld(path);
    this.#told.add(peerId, root, request);
    return given.wholeHolding(Number(stats.size));
  }

  /** The root of an own file, hashed first if it must be. Rejects as reading it does. */
  async rootOf(located: LocatedFile, path: SafePath, { signal }: { signal: AbortSignal }): Promise<Uint8Array> {
    await this.#makeRoot(located, path, { isTreeNeeded: false }, signal);
    const stats = await lstat(located.absolutePath, { bigint: true }).catch(() => undefined);
    const root = stats?.isFile() ? this.#roots.known(located.absolutePath, stats) : undefined;
    if (root === undefined) throw readChanged();
    return root;
  }

  async #readOwn(peerId: PeerId, request: ReadRequest, path: SafePath, options: ServeOptions): Promise<ReadReply> {
    const { locate, ownPeerId } = this.#options;
    const { shareId } = request;
    const located = locate(peerId, shareId, path);
    const isShared = () => locate(peerId, shareId, path) !== undefined;
    if (located === undefined) throw notShared(path);
    if (located.entry.kind === 'folder')
      throw new AppError('is-folder', `${JSON.stringify(path)} is a folder. Ask for its files.`, { data: { path } });
    const needs = { isTreeNeeded: request.needsRoot, isRootNeeded: request.needsRoot || request.root !== undefined };
    if (needs.isRootNeeded) await this.#makeRoot(located, path, needs, options.signal);
    const { sizeBytes } = located.entry;
    const subject = { peerId, owner: ownPeerId, shareId, link: options.link, path, kind: 'file' as const, files: 1 };
    const bytes = waitingBytes(sizeOf(rangeOf(request, sizeBytes)), sizeBytes);
    const admitted = await this.#enter({ ...subject, totalBytes: sizeBytes }, bytes, isShared, options);
    try {
      const isKept = request.offset > 0 || request.length !== undefined;
      const file = await this.#files.open(located, path, { isKept });
      try {
        this.#checkOpen(options.signal);
        const root = this.#roots.known(located.absolutePath, file.stats);
        if (needs.isRootNeeded && root === undefined) throw readChanged();
        if (root && request.root && Buffer.compare(root, request.root) !== 0) throw otherContent(path);
        if (root) this.#told.add(peerId, root, { owner: ownPeerId, shareId });
        const content: UploadContent = {
          read: (position, block, length) => readWhole(file.handle, block(length), position),
          check: () => file.check(),
          release: () => file.release(),
        };
        const range = rangeOf(request, file.sizeBytes);
        const isLearnt = root === undefined && range.end >= file.sizeBytes;
        const onWhole = isLearnt ? () => this.#roots.learn(located, path) : undefined;
        const upload = this.#upload(peerId, { content, path, range, root, admitted, isShared, onWhole }, options);
        const { mtimeMs, version } = file;
        const head = { sizeBytes: file.sizeBytes, mtimeMs, root, version, link: options.link };
        return { ...head, bytes: upload.bytes(), end: () => upload.end() };
      } catch (error) {
        file.release();
        throw error;
      }
    } catch (error) {
      throw letGo(admitted, error);
    }
  }

  async #readGiven(peerId: PeerId, request: ReadRequest, path: SafePath, options: ServeOptions): Promise<ReadReply> {
    const { givenOn } = this.#options;
    const { owner, root, shareId } = request;
    if (owner === undefined || root === undefined)
      throw new AppError('invalid-argument', "Of others' shares only known content is given. Ask with its root.");
    const asked = { owner, shareId, path, root };
    const found = given.find(givenOn, peerId, asked);
    const { sizeBytes } = 'partial' in found ? found.partial : found.file;
    const range = rangeOf(request, sizeBytes);
    const subject = { peerId, owner, shareId, link: options.link, path, kind: 'file' as const, files: 1 };
    const bytes = waitingBytes(sizeOf(range), sizeBytes);
    const isShared = () => givenOn.mayPassOn(peerId, owner, shareId);
    const admitted = await this.#enter({ ...subject, totalBytes: sizeBytes }, bytes, isShared, options);
    try {
      // It may have been finished, or be another one, since.
      const now = given.find(givenOn, peerId, asked);
      const content =
        'partial' in now
          ? given.partialContent(now.partial, path, range)
          : await given.givenFileContent(this.#files, givenOn, asked);
      try {
        this.#checkOpen(options.signal);
        this.#told.add(peerId, root, asked);
        const upload = this.#upload(peerId, { content, path, range, root, admitted, isShared }, options);
        const head = { sizeBytes, mtimeMs: content.mtimeMs, root, version: undefined, link: options.link };
        return { ...head, bytes: upload.bytes(), end: () => upload.end() };
      } catch (error) {
        content.release();
        throw error;
      }
    } catch (error) {
      throw letGo(admitted, error);
    }
  }

  /** As `Admission.enter`; `not-found` when who asks may not have it by the time that it is let in. */
  async #enter(subject: UploadSubject, bytes: number, isShared: () => boolean, options: ServeOptions): Promise<Admitted> {
    const waiting = { isShared, abort: new AbortController() };
    const { signal } = waiting.abort;
    this.#waiting.add(waiting);
    try {
      const either = { ...options, signal: AbortSignal.any([options.signal, signal]) };
      const admitted = await this.#admission.enter(subject, bytes, either);
      if (!isShared()) throw letGo(admitted, notShared(subject.path));
      return admitted;
    } catch (error) {
      throw signal.aborted ? notShared(subject.path) : error;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Hashes the file first, when its root is not known: before it takes a slot. */
  async #makeRoot(located: LocatedFile, path: SafePath, needs: { isTreeNeeded: boolean }, signal: AbortSignal): Promise<void> {
    const file = await this.#files.open(located, path, { isKept: true });
    const { stats } = file;
    file.release();
    const { absolutePath } = located;
    const isReady = needs.isTreeNeeded
      ? this.#roots.isReady(absolutePath, stats)
      : this.#roots.known(absolutePath, stats) !== undefined;
    if (!isReady) await this.#roots.make(located, path, signal);
  }

  #upload(
    peerId: PeerId,
    what: {
      content: UploadContent;
      path: string;
      range: Range;
      root: Uint8Array | undefined;
      admitted: Admitted;
      isShared: () => boolean;
      /** All of it was read. */
      onWhole?: (() => void) | undefined;
    },
    options: ServeOptions,
  ): Upload {
    const { permit, listed } = what.admitted;
    const upload = new Upload({
      ...{ content: what.content, path: what.path, root: what.root, permit, signal: options.signal, key: peerId },
      ...what.range,
      rate: this.#options.rate,
      isShared: what.isShared,
      onSent: (bytes) => listed?.sent(bytes),
      onEnd: (failure) => {
        this.#running.delete(upload);
        listed?.end(failure === undefined ? undefined : asAppError(failure));
        if (failure === undefined) what.onWhole?.();
      },
    });
    this.#running.add(upload);
    return upload;
  }

  #mayHave(peerId: PeerId, { owner, shareId }: ToldAs): boolean {
    const { ownPeerId, locateMany, givenOn } = this.#options;
    return owner === ownPeerId ? locateMany(peerId, shareId, []) !== undefined : givenOn.mayPassOn(peerId, owner, shareId);
  }

  #check(peerId: PeerId): void {
    if (this.#isClosed) throw uploadsClosed();
    this.#refusals.check(peerId);
  }

  #checkOpen(signal: AbortSignal): void {
    if (this.#isClosed) throw uploadsClosed();
    if (signal.aborted) throw wasCancelled();
  }
}

function rangeOf({ offset, length }: ReadRequest, sizeBytes: number): Range {
  const end = length === undefined ? sizeBytes : Math.min(sizeBytes, offset + length);
  return { offset, end: Math.max(offset, end) };
}

function sizeOf({ offset, end }: Range): number {
  return end - offset;
}

/** What a read counts as where small ones are free: a part of a large file is small only below what downloads ask for at a time. */
function waitingBytes(bytes: number, sizeBytes: number): number {
  const { freeReadBytes, freeRangeBytes } = transferLimits;
  return sizeBytes <= freeReadBytes || bytes <= freeRangeBytes ? bytes : Infinity;
}

function checkRange({ offset, length }: ReadRequest): void {
  const isSound =
    Number.isSafeInteger(offset) && offset >= 0 && (length === undefined || (Number.isSafeInteger(length) && length >= 0));
  if (!isSound) throw new AppError('invalid-argument', 'Offset and length of a read must be whole numbers from 0. Ask again.');
}
