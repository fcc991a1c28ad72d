// All of transfers put together: queue, opening, serving, giving on, history, limits. Joins what must not know each other: the queue learns who
// is here, and uploads learn what was downloaded, through it. Built by node.ts.

import { createHash } from 'node:crypto';
import { AppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { isOfLink, linkPeerId } from '../protocol/linkPeer.ts';
import type { EntryRef, TransferRates } from '../protocol/model.ts';
import { boardHandlers } from './api/board.ts';
import type { Handlers } from './api/handlers.ts';
import { linkFileHandlers } from './api/linkFiles.ts';
import { linkHandlers } from './api/links.ts';
import { transferHandlers } from './api/transfers.ts';
import type { Catalog } from './catalog/catalog.ts';
import { ContentMeeting } from './contentMeeting.ts';
import { localLimits, transferLimits } from './limits.ts';
import { withLinks } from './linkSources.ts';
import { LinkBundles } from './links/linkBundles.ts';
import { LinkFiles } from './nodeLinkFiles.ts';
import { derivedName } from './peers/names.ts';
import type { LinkHooks } from './sessions.ts';
import type { Located } from './shares/shares.ts';
import { Sources } from './sources.ts';
import { fetchedFolder } from './storage/dataFolder.ts';
import { parseSafePath } from './storage/safePath.ts';
import { measureUsage, Usage } from './storage/usage.ts';
import { Hasher } from './transfers/content/hasher.ts';
import { Trees } from './transfers/content/trees.ts';
import { Disk } from './transfers/disk/disk.ts';
import type { DownloadCatalog } from './transfers/downloads/downloadRecord.ts';
import { Downloads } from './transfers/downloads/downloads.ts';
import { freeBytesOn, runDownload } from './transfers/downloads/downloadRun.ts';
import { HolderLook } from './transfers/downloads/holderLook.ts';
import { Permits } from './transfers/downloads/permits.ts';
import type { Attempt } from './transfers/downloads/running.ts';
import { Selections } from './transfers/downloads/selections.ts';
import { ReceivingFiles, type SourceFinder } from './transfers/downloads/swarm/contract.ts';
import { HeldContent } from './transfers/held/heldContent.ts';
import { LinkedContents } from './transfers/held/linkedContents.ts';
import { History } from './transfers/history/history.ts';
import { LiveRates } from './transfers/liveRates.ts';
import { Fetches } from './transfers/opening/fetches.ts';
import { Pace } from './transfers/pace.ts';
import { limitsOf, RateLimiter } from './transfers/rates.ts';
import { LocalCopies } from './transfers/reuse/localCopies.ts';
import { KnownRoots } from './transfers/reuse/knownRoots.ts';
import type { EndedUpload } from './transfers/uploads/parts.ts';
import { Uploads } from './transfers/uploads/uploads.ts';
import type { TransfersOptions } from './transfersOptions.ts';
import type { FileServer } from './wire/services.ts';

type RunCatalog = DownloadCatalog;

export class Transfers {
  readonly trees: Trees;
  readonly downloads: Downloads;
  readonly uploads: Uploads;
  readonly #options: TransfersOptions;
  readonly #hasher: Hasher;
  readonly #disk: Disk;
  readonly #receiving = new ReceivingFiles();
  readonly #permits = new Permits(localLimits.filesInFlight);
  readonly #up: RateLimiter;
  readonly #down: RateLimiter;
  readonly #sources: Sources;
  readonly #bundles: LinkBundles;
  /** With those of links. */
  readonly #finder: SourceFinder;
  readonly #roots: KnownRoots;
  readonly #held: HeldContent;
  readonly #copies: LocalCopies;
  readonly #history: History;
  readonly #fetches: Fetches;
  readonly #rates: LiveRates;
  readonly #holders: HolderLook;
  readonly #contents: ContentMeeting;
  readonly #selections: Selections;
  readonly #newContents = new Pace(transferLimits.contentLooksPerSecond, () => {
    if (this.downloads.waiting().some(({ entry }) => isOfLink(entry))) this.downloads.peerOnline(linkPeerId);
  });
  #isLooking = false;

  constructor(options: TransfersOptions) {
    this.#options = options;
    const { dataFolder, database, log, identity, settings } = options;
    this.#hasher = new Hasher({ log });
    this.#disk = new Disk({ log });
    this.trees = new Trees({ dataFolder, database, log, onRoot: (file) => options.shares().rootLearnt(file) });
    const limits = limitsOf(settings());
    this.#up = new RateLimiter(limits.up);
    this.#down = new RateLimiter(limits.down);
    this.#sources = new Sources({
      ownPeerId: identity.peerId,
      sessions: () => options.sessions(),
      details: () => options.details(),
    });
    this.#bundles = new LinkBundles(database);
    this.#finder = withLinks(this.#sources, this.#bundles);
    this.#roots = new KnownRoots({ details: () => this.#bundles.overDetails(options.details()), receiving: this.#receiving });
    this.#held = new HeldContent({ database, trees: this.trees, log });
    this.#copies = new LocalCopies({ database, log, held: this.#held, disk: this.#disk, cacheFolder: fetchedFolder(dataFolder) });
    this.#history = new History({ database, log });
    this.#selections = new Selections(database);
    this.uploads = this.#makeUploads();
    const catalog = this.#catalogOfNow();
    this.#holders = new HolderLook({ catalog, sources: this.#finder, roots: this.#roots });
    this.downloads = this.#makeDownloads(catalog);
    this.#contents = this.#makeContents();
    const shared = { disk: this.#disk, sources: this.#sources, rate: this.#down, receiving: this.#receiving };
    this.#fetches = new Fetches({
      ...{ dataFolder, database, log, ...shared },
      ...{ hasher: this.#hasher, trees: this.trees, rootOf: (ref: EntryRef) => this.#roots.of(ref) },
      catalog: { stat: (ref) => options.catalog().stat(ref) },
      ownFile: (ref) => (ref.peerId === identity.peerId ? options.shares().locate(ref.shareId, ref.path) : undefined),
    });
    this.#rates = new LiveRates({
      read: () => this.rates(),
      tell: (rates) => options.broadcast('transfers/rates', rates),
    });
  }

  /** Before peers are met; after catalog and shares. */
  async open(): Promise<void> {
    this.trees.open();
    this.#held.open();
    this.#bundles.open();
    this.#fetches.open();
    await this.downloads.open();
    this.#contents.open();
  }

  async close(): Promise<void> {
    this.#rates.close();
    this.#newContents.stop();
    await this.#contents.close();
    await this.downloads.close();
    await this.#fetches.close();
    await this.uploads.close();
    await this.#disk.close();
    await this.#held.close();
    this.trees.close();
    await this.#hasher.close();
  }

  /** Whether files come from this peer or go to it. */
  isWith(peerId: PeerId): boolean {
    const isSource = this.downloads.list().some(({ sources }) => sources.some((source) => source.peerId === peerId));
    return isSource || this.uploads.list().some((upload) => upload.peerId === peerId);
  }

  /** More may be known of who has which content: what links lead to is looked for again. */
  contentsChanged(): void {
    this.#newContents.touch();
  }

  /** Who may have what may be another than before. Costs next to nothing. */
  audienceChanged(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    queueMicrotask(() => {
      this.#isLooking = false;
      this.uploads.audienceChanged();
      this.#contents.touch();
    });
  }

  /** A party was joined or left. */
  partiesChanged(): void {
    this.#contents.touch();
  }

  get fileServer(): FileServer {
    return this.uploads;
  }

  get isBusy(): boolean {
    return this.downloads.activeCount > 0 || this.uploads.activeCount > 0;
  }

  /** A peer may be read from. */
  peerOnline(peerId: PeerId): void {
    this.#sources.changed();
    this.downloads.peerOnline(peerId);
  }

  /** Links as another part makes them, with transfers told of what comes and goes. */
  alongside(links: LinkHooks): LinkHooks {
    const changed = (): void => {
      this.#sources.changed();
      this.downloads.peersChanged();
    };
    return {
      opened: (session) => links.opened(session),
      offered: (session, offer) => links.offered(session, offer),
      changed: (session) => {
        links.changed(session);
        changed();
      },
      closed: (session) => {
        links.closed(session);
        changed();
      },
    };
  }

  /** Limits and slots as they are set now. */
  settingsChanged(): void {
    const { up, down } = limitsOf(this.#options.settings());
    this.#up.set(up);
    this.#down.set(down);
    this.uploads.settingsChanged();
    this.#rates.touch();
  }

  rates(): TransferRates {
    const { downloads, leftBytes, bytesPerSecond } = this.downloads.rates();
    const up = this.uploads.rates();
    return {
      downloadBytesPerSecond: bytesPerSecond,
      uploadBytesPerSecond: up.bytesPerSecond,
      downloads,
      uploads: up.uploads,
      leftBytes,
      ...(bytesPerSecond > 0 && downloads > 0 ? { secondsLeft: Math.ceil(leftBytes / bytesPerSecond) } : {}),
      isSlow: this.#options.settings().isSlow,
    };
  }

  handlers(): Handlers<'files' | 'downloads' | 'uploads' | 'transfers' | 'links' | 'pieces' | 'storage'> {
    const transfers = transferHandlers({
      ...{ fetches: this.#fetches, downloads: this.downloads, uploads: this.uploads },
      ...{ history: this.#history, rates: () => this.rates(), catalog: this.#options.catalog(), held: this.#held },
      holderOf: (contentId) => this.#sources.listedBy(contentId),
    });
    return {
      ...transfers,
      ...boardHandlers({
        pieces: this.#receiving.pieces,
        nameOf: (peerId) => this.#nameOf(peerId),
        usage: new Usage(() => measureUsage(this.#options.dataFolder, this.#options.settings().downloadFolder)),
      }),
      ...linkHandlers(this.#contents),
      ...linkFileHandlers(this.#makeLinkFiles(), this.#options.identity.peerId),
    };
  }

  #makeLinkFiles(): LinkFiles {
    const { database, identity, catalog, details } = this.#options;
    return new LinkFiles({
      ...{ database, ownPeerId: identity.peerId, bundles: this.#bundles, queue: this.downloads },
      ...{ catalog: catalog(), trees: this.trees, hasher: this.#hasher, sources: this.#finder, details: details() },
      locate: (entry) => this.#locate(entry),
      rootOf: (located, { path }, options) => this.uploads.rootOf(located, parseSafePath(path), options),
      localPath: (contentId, sizeBytes) => this.#copies.find(Buffer.from(contentId, 'hex'), sizeBytes)[0],
      nameOf: (peerId) => this.#nameOf(peerId),
      announce: (entry, options) => this.#contents.announce(entry, true, options),
    });
  }

  #makeUploads(): Uploads {
    const { identity, database, log, settings, shares, sessions, peers, sending } = this.#options;
    return new Uploads({
      ownPeerId: identity.peerId,
      secret: createHash('sha256').update('potluck file versions 1\n').update(identity.secretKey).digest(),
      ...{ database, log, settings, disk: this.#disk, trees: this.trees, hasher: this.#hasher, rate: this.#up },
      locate: (peerId, shareId, path) =>
        sessions().mayShare(peerId, shareId) ? shares().locate(shareId, path) : sending().locate(peerId, shareId, path),
      locateMany: (peerId, shareId, paths) =>
        sessions().mayShare(peerId, shareId) ? shares().locateMany(shareId, paths) : sending().locateMany(peerId, shareId, paths),
      isFriend: (peerId) => peers().isAddedByKey(peerId),
      nameOf: (peerId) => this.#nameOf(peerId),
      givenOn: {
        mayPassOn: (peerId, owner, shareId) => sessions().mayPassOn(peerId, owner, shareId),
        receiving: (owner, shareId, path) => this.#receiving.find(owner, shareId, path),
        downloaded: (owner, shareId, path) => this.#held.find(owner, shareId, path),
      },
      onChange: () => {
        this.#options.broadcast('uploads/changed', {});
        this.#active();
      },
      onEnded: (upload) => this.#uploadEnded(upload),
    });
  }

  #catalogOfNow(): RunCatalog {
    const catalog = () => this.#options.sending().over(this.#options.catalog());
    return this.#bundles.over({
      stat: (ref: EntryRef) => catalog().stat(ref),
      files: (ref: EntryRef) => catalog().files(ref),
      titleOf: (...of: Parameters<Catalog['titleOf']>) => catalog().titleOf(...of),
    });
  }

  #makeContents(): ContentMeeting {
    const { database, sessions, parties, network, log } = this.#options;
    return new ContentMeeting({
      ...{ linked: new LinkedContents(database), receiving: this.#receiving, files: this.#holders, log },
      waiting: () => this.downloads.waiting(),
      isActive: () => this.downloads.activeCount > 0,
      rootOf: (entry) => this.#roots.of(entry),
      rootHere: (entry, options) => this.#rootHere(entry, options),
      isHere: (entry) => (this.#isOwn(entry) ? this.#locate(entry) !== undefined : this.#given(entry) !== undefined),
      audience: () => {
        const partiesOf = sessions().partiesOf();
        return (entry) => (isOfLink(entry) ? undefined : partiesOf(entry.peerId, entry.shareId));
      },
      topicsOf: (root, partyIds) => parties().contentTopics(root, partyIds),
      meet: (topics) => network().setContentTopics(topics),
    });
  }

  #makeDownloads(catalogOfNow: RunCatalog): Downloads {
    const { database, log, settings, sessions, sending, broadcast } = this.#options;
    return new Downloads({
      ...{ database, log, catalog: catalogOfNow, history: this.#history },
      folder: () => settings().downloadFolder,
      conflict: () => settings().conflict,
      isHere: (peerId) => sessions().source(peerId) !== undefined,
      isHeldElsewhere: (record, look) => this.#holders.isHeld(record, look),
      nameOf: (peerId) => this.#nameOf(peerId),
      run: (attempt) => this.#run(attempt, catalogOfNow),
      onChange: (download) => {
        broadcast('downloads/changed', { download });
        sending().downloadChanged(download);
        this.#contents.touch();
        this.#active();
      },
      onRemoved: (downloadId) => broadcast('downloads/removed', { downloadId }),
    });
  }

  /** One attempt at a download, with all that it needs. */
  #run(attempt: Attempt, catalog: RunCatalog): Promise<{ failedFiles: number }> {
    const { entry } = attempt.record;
    return runDownload({
      ...attempt,
      ...{
        catalog: this.#selections.over(attempt.record, catalog),
        sources: this.#finder,
        disk: this.#disk,
        trees: this.trees,
        rate: this.#down,
        permits: this.#permits,
      },
      ...{ receiving: this.#receiving, log: this.#options.log, freeBytes: freeBytesOn, mayReuse: true },
      isBounded: this.#options.sending().isOffer(entry),
      ...(this.#options.settings().markDownloads && { origin: `potluck://${entry.peerId}/${entry.shareId}` }),
      rootOf: (ref) => this.#roots.of(ref),
      reuse: (file, options) => this.#copies.copyInto(file, options),
      onPlaced: (files) => {
        attempt.onPlaced(files);
        for (const { path, target, root, sizeBytes, mtimeMs } of files)
          this.#held.add({ entry: { ...entry, path }, localPath: target, root, sizeBytes, mtimeMs });
      },
    });
  }

  #uploadEnded({ owner: _, ...upload }: EndedUpload): void {
    this.#history.add({ ...upload, direction: 'upload', peerName: this.#nameOf(upload.peerId) });
    this.#history.count('upload', { bytes: upload.bytes, files: upload.outcome === 'done' ? upload.files : 0 });
    this.#active();
  }

  #active(): void {
    this.#rates.touch();
    this.#options.onActivity();
  }

  /** The root of what of an entry can be given to others. */
  async #rootHere(entry: EntryRef, options: { signal: AbortSignal }): Promise<Uint8Array> {
    const located = this.#isOwn(entry) ? this.#locate(entry) : undefined;
    if (located?.entry.kind === 'folder') throw new AppError('is-folder', 'A folder is not announced. Announce its files.');
    if (located) return this.uploads.rootOf(located, parseSafePath(entry.path), options);
    const given = this.#given(entry);
    if (given) return given.root;
    throw new AppError('not-found', `${JSON.stringify(entry.path)} is not on this machine. Share or download it first.`);
  }

  #isOwn({ peerId }: EntryRef): boolean {
    return peerId === this.#options.identity.peerId;
  }

  #locate({ shareId, path }: EntryRef): Located | undefined {
    return this.#options.shares().locate(shareId, parseSafePath(path));
  }

  /** What is here of another's file. */
  #given({ peerId, shareId, path }: EntryRef): { root: Uint8Array } | undefined {
    return this.#receiving.find(peerId, shareId, path) ?? this.#held.find(peerId, shareId, path);
  }

  #nameOf(peerId: PeerId): string {
    if (isOfLink({ peerId })) return 'Link';
    return this.#options.peers().get(peerId)?.name ?? derivedName(peerId);
  }
}
