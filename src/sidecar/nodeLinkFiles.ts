// Links to contents, put together: what clients ask of them, over catalog, queue, trees and peers. Built by nodeTransfers.ts.

import { lstat } from 'node:fs/promises';
import { AppError, asAppError } from '../protocol/errors.ts';
import { type ContentId, isContentId, type PeerId } from '../protocol/ids.ts';
import { emptyContentId, writeLinkFile } from '../protocol/linkFile.ts';
import { isOfLink } from '../protocol/linkPeer.ts';
import type {
  LinkContents,
  LinkEntry,
  LinkForm,
  LinkSource,
  LinkStatus,
  LinkSummary,
  LinkVerification,
} from '../protocol/links.ts';
import { writeMagnet } from '../protocol/magnet.ts';
import type { DownloadInfo, EntryDetails, EntryRef } from '../protocol/model.ts';
import { layersNeeded, pieceLengthFor, writeTorrent } from '../protocol/torrentFile.ts';
import type { LinkFileParts } from './api/linkFiles.ts';
import { contentLinkLimits, wireLimits } from './limits.ts';
import { type LayerOptions, layerOf } from './linkLayers.ts';
import type { Having, Identified, Identifying, LinkCatalog, LinkQueue, LinkWanted } from './links/contracts.ts';
import type { LinkBundles } from './links/linkBundles.ts';
import { type LinkWish, makeLink } from './links/linkMaking.ts';
import { LinkReading, summaryOf } from './links/linkReading.ts';
import { statusOf } from './links/linkStatus.ts';
import { verifyLink } from './links/linkVerifying.ts';
import type { Located } from './shares/shares.ts';
import type { Database } from './storage/database.ts';
import { parseSafePath } from './storage/safePath.ts';
import type { Hasher } from './transfers/content/hasher.ts';
import type { Trees } from './transfers/content/trees.ts';
import { folderNameOf } from './transfers/downloads/plan.ts';
import type { SourceFinder } from './transfers/downloads/swarm/contract.ts';
import { checkedHead } from './transfers/downloads/swarm/head.ts';
import { peerGone, readChanged } from './transfers/failures.ts';
import { Patience, within } from './transfers/waiting.ts';

export interface LinkFilesOptions {
  database: Database;
  ownPeerId: PeerId;
  bundles: LinkBundles;
  catalog: LinkCatalog;
  queue: LinkQueue;
  trees: Trees;
  hasher: Hasher;
  /** With those of links. */
  sources: SourceFinder;
  details: { of(ref: EntryRef): Promise<EntryDetails>; holders(contentId: ContentId): Promise<EntryRef[]> };
  locate(entry: EntryRef): Located | undefined;
  /** Hashes an own file, if it must be. */
  rootOf(located: Located, entry: EntryRef, options: { signal: AbortSignal }): Promise<Uint8Array>;
  localPath(contentId: ContentId, sizeBytes: number): string | undefined;
  nameOf(peerId: PeerId): string;
  announce(entry: EntryRef, options: { signal: AbortSignal }): Promise<void>;
}

type Signalled = { signal: AbortSignal };
type Progress = { onProgress: (done: number, total: number) => void };

export class LinkFiles implements LinkFileParts {
  readonly #options: LinkFilesOptions;
  readonly #reading: LinkReading;

  constructor(options: LinkFilesOptions) {
    this.#options = options;
    this.#reading = new LinkReading(options.database);
  }

  async create(
    wish: LinkWish & { isAnnounced: boolean },
    options: Signalled & Progress,
  ): Promise<{ text: string; summary: LinkSummary }> {
    if (isOfLink(wish.entry)) throw ofLink();
    const { catalog, ownPeerId } = this.#options;
    const made = await makeLink(wish, { ...{ catalog, ownPeerId, identify: this.#identify() }, ...options });
    const { link, entries, goneFiles } = made;
    const text = writeLinkFile(link);
    const warnings = goneFiles === 0 ? [] : [`${goneFiles} files of the index are not shared any more and were left out.`];
    if (wish.isAnnounced) {
      const refused = await this.#announce(entries, options);
      if (refused > 0) warnings.push(`${refused} files could not be announced: see "potluck link list".`);
    }
    return { text, summary: summaryOf({ form: 'link', title: link.title, link, warnings }) };
  }

  async inspect(
    source: LinkSource,
    page: { offset: number; limit: number },
  ): Promise<{ summary: LinkSummary; files: LinkEntry[] }> {
    const read = await this.#reading.read(source);
    const files = read.link?.files.slice(page.offset, page.offset + page.limit) ?? [];
    return { summary: summaryOf(read), files };
  }

  async status(source: LinkSource, options: Signalled & { offset: number; limit: number }): Promise<LinkStatus> {
    const read = await this.#reading.readWhole(source);
    this.#options.trees.flush();
    return statusOf({ link: read.link, summary: summaryOf(read) }, this.#having(), options);
  }

  async download(source: LinkSource, { paths, ...wanted }: LinkWanted & { paths?: readonly string[] }): Promise<DownloadInfo> {
    const { bundles, queue } = this.#options;
    const { link, infoHash } = await this.#reading.readWhole(source);
    const chosen = paths === undefined ? link : choose(link, new Set(paths));
    if (chosen.files.length === 0 && chosen.folders.length === 0)
      throw new AppError('invalid-argument', 'The link leads to no file. Nothing was queued.');
    if (infoHash !== undefined) this.#reading.remember(infoHash, link);
    this.#options.trees.flush();
    const entry = bundles.add(chosen);
    try {
      return await queue.add(entry, wanted);
    } catch (error) {
      bundles.remove(entry.shareId);
      throw error;
    }
  }

  async verify(source: LinkSource, folder: string, options: Signalled & Progress): Promise<LinkVerification> {
    const { link } = await this.#reading.readWhole(source);
    const { hasher } = this.#options;
    return verifyLink(link, folder, {
      ...options,
      folderNameOf: (title) => folderNameOf(title),
      hash: (fd, sizeBytes, { signal }) => hasher.hashFile(fd, sizeBytes, { signal }),
    });
  }

  async export(
    source: LinkSource,
    as: LinkForm,
    options: Signalled & Progress,
  ): Promise<{ text?: string; torrentBase64?: string; infoHash?: string }> {
    const { link } = await this.#reading.readWhole(source);
    if (as === 'link') return { text: writeLinkFile(link) };
    if (as === 'magnet') {
      const magnet = writeMagnet(link);
      this.#reading.remember(magnet.infoHash, link);
      return magnet;
    }
    const { bytes, infoHash } = writeTorrent(link, await this.#layers(link, options));
    this.#reading.remember(infoHash, link);
    return { torrentBase64: bytes.toString('base64'), infoHash };
  }

  async #layers(link: LinkContents, { signal, onProgress }: Signalled & Progress): Promise<Map<ContentId, Uint8Array>> {
    const { trees, hasher, sources } = this.#options;
    const layerOptions: LayerOptions = {
      ...{ trees, hasher, sources },
      localPath: (contentId, sizeBytes) => this.#options.localPath(contentId, sizeBytes),
    };
    const total = link.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const pieceLength = pieceLengthFor(total);
    const needed = layersNeeded(link);
    const layers = new Map<ContentId, Uint8Array>();
    let done = 0;
    for (const { contentId, sizeBytes } of needed) {
      const path = link.files.find((file) => file.contentId === contentId)?.path ?? contentId;
      layers.set(contentId, await layerOf({ contentId, sizeBytes, pieceLength, path }, { ...layerOptions, signal }));
      done += sizeBytes;
      onProgress(done, total);
    }
    return layers;
  }

  /** Answers how many could not be. */
  async #announce(entries: readonly EntryRef[], options: Signalled): Promise<number> {
    const first = entries.slice(0, contentLinkLimits.announced);
    let refused = entries.length - first.length;
    for (const entry of first) {
      try {
        await this.#options.announce(entry, options);
      } catch (error) {
        if (asAppError(error).kind === 'cancelled') throw error;
        refused++;
      }
    }
    return refused;
  }

  #having(): Having {
    const { details, ownPeerId, sources } = this.#options;
    return {
      ownPeerId,
      holders: (contentId) => details.holders(contentId),
      localPath: (contentId, sizeBytes) => this.#options.localPath(contentId, sizeBytes),
      isOnline: (peerId) => sources.owner(peerId) !== undefined,
      nameOf: (peerId) => this.#options.nameOf(peerId),
    };
  }

  #identify(): Identifying {
    return {
      own: (entry, options) => this.#ownId(entry, options),
      told: async (entry) => (await this.#options.details.of(entry)).contentId,
      ask: (entry, options) => this.#askId(entry, options),
    };
  }

  async #ownId(entry: EntryRef, options: Signalled): Promise<Identified | undefined> {
    const { trees } = this.#options;
    const located = this.#options.locate(entry);
    if (located === undefined || !located.isSharedNow()) return undefined;
    const before = await lstat(located.absolutePath, { bigint: true }).catch(() => undefined);
    if (before?.isFile() !== true) return undefined;
    const mtimeMs = Number(before.mtimeNs / 1_000_000n);
    if (before.size === 0n) return { contentId: emptyContentId, sizeBytes: 0, mtimeMs };
    const root = trees.rootOf(located.absolutePath, before) ?? (await this.#options.rootOf(located, entry, options));
    const after = await lstat(located.absolutePath, { bigint: true }).catch(() => undefined);
    if (after?.size !== before.size || after.mtimeNs !== before.mtimeNs) throw readChanged();
    return { contentId: idOf(root), sizeBytes: Number(before.size), mtimeMs };
  }

  async #askId(entry: EntryRef, { signal }: Signalled): Promise<Identified> {
    const { peerId, shareId, path } = entry;
    const source = this.#options.sources.owner(peerId);
    if (source === undefined) throw idNotTold(path, peerId);
    const waiting = new Patience(contentLinkLimits.askIdMs, { source, path, signal });
    try {
      const request = { shareId, path: parseSafePath(path), offset: 0, length: 0, needsRoot: true };
      const asked = source.read(request, { signal, onPosition: () => waiting.refresh() });
      const head = checkedHead(source, path, await waiting.wait(asked));
      await within(wireLimits.creditStallMs, head.bytes[Symbol.asyncIterator]().next(), { source, path, signal });
      if (head.root === undefined) throw peerGone(peerId);
      return { contentId: idOf(head.root), sizeBytes: head.sizeBytes, mtimeMs: Math.trunc(head.mtimeMs) };
    } finally {
      waiting.end();
    }
  }
}

/** The link to some of its files; folders that none is chosen of go. */
function choose(link: LinkContents, paths: ReadonlySet<string>): LinkContents {
  const files = link.files.filter(({ path }) => paths.has(path));
  if (files.length < paths.size) {
    const known = new Set(files.map(({ path }) => path));
    const missing = [...paths].find((path) => !known.has(path)) ?? '';
    throw new AppError('not-found', `The link has no file ${JSON.stringify(missing.slice(0, 200))}.`);
  }
  return { ...link, files, folders: [] };
}

function idOf(root: Uint8Array): ContentId {
  const contentId = Buffer.from(root).toString('hex');
  if (!isContentId(contentId)) throw new AppError('internal', `A root of ${root.byteLength} bytes is none.`);
  return contentId;
}

function idNotTold(path: string, peerId: PeerId): AppError {
  return new AppError(
    'unavailable',
    `The content id of ${JSON.stringify(path)} is not known, and its owner (${peerId.slice(0, 8)}…) is away. Try again when it is back.`,
    { data: { path } },
  );
}

function ofLink(): AppError {
  return new AppError('invalid-argument', 'That is of a link already: use the link itself.');
}
