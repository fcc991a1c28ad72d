// Own shares: which folders are offered, their state, and the index and feed of each. Walking is scan.ts's, writing feeds is feeds.ts's;
// who may see a share is not decided here.

import path from 'node:path';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { Audience, ShareInfo, SharePreview } from '../../protocol/model.ts';
import type { Feeds } from '../catalog/feeds/feeds.ts';
import type { IndexListener } from '../catalog/index/indexListener.ts';
import type { IndexView } from '../catalog/index/indexView.ts';
import { SegmentFolder } from '../catalog/index/segmentFolder.ts';
import { Slots } from '../catalog/slots.ts';
import { catalogLimits, localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { SafePath } from '../storage/safePath.ts';
import type { ReplicableCore, ShareAnnouncement, SignedAnnouncement } from '../wire/services.ts';
import { audienceText, everyone, isNarrower, normalised, nobody } from './audienceText.ts';
import { ChangePace } from './changePace.ts';
import { Describing, type DescribingOptions } from './details/describing.ts';
import { OwnShare } from './ownShare.ts';
import { leaveOut } from './leaveOut.ts';
import { locate, type Located, locateMany, type LocatedMany } from './locating.ts';
import { alreadyShared, checkedTitle, defaultTitle, newRow, newSecrets } from './newShare.ts';
import { type OwnRemoval, Removals } from './removals.ts';
import { previewed } from './scan.ts';
import { type ShareableOptions, shareableFolder } from './shareFolder.ts';
import { deleteShare, insertShare, loadShares, type ShareRow } from './shareRow.ts';
import { Watcher } from './watch/watcher.ts';

export interface SharesOptions extends ShareableOptions {
  database: Database;
  feeds: Feeds;
  log: Log;
  /** Under which indexes are told, and removals remembered. */
  ownPeerId: PeerId;
  /** Told what becomes of the indexes. */
  listener?: IndexListener;
  /** What finds out about files beyond their names; without it nothing is. */
  details?: ShareDetails;
  /** Signs that a share is gone; without it nobody is told. */
  signRemoval?(shareId: ShareId, revision: number, audience: Audience): SignedAnnouncement;
  /** For clients: a share came, went, changed its state, or has new numbers (these at most localLimits.progressHz a second). */
  onChange(shareId: ShareId): void;
  /** For peers: `announcements` or `removals` changed. Comes with every step that is published, at once. */
  onAnnouncement?(): void;
}

/** Where own files' details are kept, content ids are known, and whether files may be looked into. */
export type ShareDetails = Pick<DescribingOptions, 'store' | 'roots' | 'isOn' | 'staleRecords'>;

export interface NewShareOptions {
  title?: string;
  audience?: Audience;
  /** Paths inside the folder that are written to its ignore rules first. */
  leaveOut?: readonly string[];
  /** What looks secret and was shown to a person, who decided about it. Left out: nobody looked. */
  knownSecrets?: readonly string[];
  signal?: AbortSignal;
}

export type { Located, LocatedMany } from './locating.ts';

export class Shares {
  readonly #options: SharesOptions;
  readonly #log: Log;
  readonly #segments: SegmentFolder;
  readonly #shares = new Map<ShareId, OwnShare>();
  readonly #scanSlots = new Slots(catalogLimits.scansAtOnce);
  readonly #previewSlots = new Slots(catalogLimits.previewsAtOnce);
  readonly #watcher: Watcher;
  readonly #removals: Removals;
  readonly #pace: ChangePace<ShareId>;
  readonly #describing: Describing | undefined;
  #isOpen = false;

  constructor(options: SharesOptions) {
    this.#options = options;
    this.#log = options.log.for('shares');
    this.#segments = new SegmentFolder(options.dataFolder, 'own');
    this.#removals = new Removals(options.database, options.ownPeerId);
    this.#pace = new ChangePace((shareId) => options.onChange(shareId));
    this.#describing = options.details && this.#describingWith(options.details);
    this.#watcher = new Watcher(
      {
        changed: async (shareId, delta) => await this.#known(shareId).delta(delta),
        state: (shareId, state) => this.#shares.get(shareId)?.watchState(state),
      },
      this.#log,
    );
  }

  /** Opens every share's feed and index, and follows its folder in the background. */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#segments.make();
    this.#watcher.open();
    const rows = loadShares(this.#options.database);
    this.#segments.keepOnly(new Set(rows.map((row) => this.#segments.file(row.shareId, row.snapshotLength))));
    for (const row of rows) {
      const share = this.#share(row);
      this.#shares.set(row.shareId, share);
      try {
        await share.open();
      } catch (error) {
        share.fail(asAppError(error)); // One damaged feed must not keep the rest from starting.
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#describing?.close();
    await Promise.all([...this.#shares.values()].map((share) => share.close()));
    this.#shares.clear();
    await this.#watcher.close();
    this.#pace.close();
  }

  list(): ShareInfo[] {
    return [...this.#shares.values()].map((share) => this.#info(share));
  }

  get(shareId: ShareId): ShareInfo | undefined {
    const share = this.#shares.get(shareId);
    return share && this.#info(share);
  }

  /** Walks a folder as sharing it would, and keeps nothing. Throws as `add`, and `cancelled`. */
  async preview(folder: string, options: { signal: AbortSignal; onProgress(entries: number): void }): Promise<SharePreview> {
    const root = shareableFolder(folder, this.#options);
    return { path: root, title: defaultTitle(root), ...(await this.#look(root, options)) };
  }

  /**
   * Offers a folder; answers while it is scanned. Throws `already-exists` for a folder that is shared, `invalid-argument`,
   * `not-found`, `not-folder`, or `permission-denied` for one that must not be. With `knownSecrets` the folder is looked at first, as `preview`
   * does: `changed` when a file that looks secret is not among them, and `cancelled`.
   */
  async add(folder: string, options: NewShareOptions = {}): Promise<ShareInfo> {
    const root = shareableFolder(folder, this.#options);
    const { knownSecrets, signal = new AbortController().signal } = options;
    if (knownSecrets !== undefined) {
      const { secrets } = await this.#look(root, { signal, onProgress: () => undefined });
      const known = new Set(knownSecrets);
      const unknown = secrets.suspects.map((suspect) => suspect.path).filter((each) => !known.has(each));
      if (unknown.length > 0) throw newSecrets(root, unknown);
    }
    const title = options.title === undefined ? defaultTitle(root) : checkedTitle(options.title);
    if (this.#shares.size >= localLimits.shares)
      throw new AppError('too-large', `At most ${localLimits.shares} folders can be shared. Stop sharing one first.`);
    const known = [...this.#shares.values()].find((share) => share.info.path === root);
    if (known !== undefined) throw alreadyShared(root, known.info.title);
    leaveOut(root, options.leaveOut ?? []);
    const row = newRow(root, title, normalised(options.audience ?? everyone));
    insertShare(this.#options.database, row);
    const share = this.#share(row, knownSecrets);
    this.#shares.set(row.shareId, share);
    try {
      await share.open();
    } catch (error) {
      this.#shares.delete(row.shareId);
      deleteShare(this.#options.database, row.shareId);
      throw error;
    }
    this.#log.info(`"${title}" is shared now: ${root}`);
    this.#pace.now(row.shareId);
    return share.info;
  }

  rename(shareId: ShareId, title: string): ShareInfo {
    const share = this.#known(shareId);
    share.rename(checkedTitle(title));
    return share.info;
  }

  /**
   * Who may see it from now on. Where somebody may not any more, the feed goes on under new keys, and who holds the index, of whomever it has it, is told
   * that what it holds is gone.
   */
  setAudience(shareId: ShareId, wanted: Audience): ShareInfo {
    const share = this.#known(shareId);
    const audience = normalised(wanted);
    const before = share.info.audience;
    if (audienceText(before) === audienceText(audience)) return this.#info(share);
    this.#change(share, audience, { needsNewKeys: isNarrower(before, audience) });
    this.#log.info(`Another audience may see "${share.info.title}" now`);
    return this.#info(share);
  }

  /** Somebody who could see these shares may not any more, without another audience: they go on under new keys. */
  renewKeys(isMeant: (audience: Audience) => boolean): void {
    for (const share of this.#shares.values()) {
      const { audience } = share.info;
      if (isMeant(audience)) this.#change(share, audience, { needsNewKeys: true });
    }
  }

  /** In which parties these shares may be passed on is another: it is signed with them. */
  announceAgain(isMeant: (audience: Audience) => boolean): void {
    for (const share of this.#shares.values()) {
      const { audience } = share.info;
      if (isMeant(audience)) this.#change(share, audience, { needsNewKeys: false });
    }
  }

  /** Who may see a share: nobody, when there is none. */
  audience(shareId: ShareId): Audience {
    const share = this.#shares.get(shareId);
    return share === undefined ? nobody : share.audience;
  }

  /** Whether the audience of any share names this peer. */
  isNamed(peerId: PeerId): boolean {
    for (const share of this.#shares.values()) if (share.audience.peerIds.includes(peerId)) return true;
    return false;
  }

  /** Stops offering; deletes index and feed, and remembers the removal for peers. The folder is not touched. */
  async remove(shareId: ShareId): Promise<void> {
    const share = this.#known(shareId);
    const { revision, feedLength } = share.index.row;
    this.#options.database.transaction(() => {
      deleteShare(this.#options.database, shareId);
      if (feedLength > 0) this.#addRemoval(shareId, { revision: revision + 1, audience: share.audience });
    });
    this.#shares.delete(shareId);
    this.#pace.now(shareId);
    this.#options.onAnnouncement?.();
    await share.remove();
    this.#log.info(`"${share.info.title}" is no longer shared`);
  }

  /** Walks the folder again; resolves when that is done, also when it failed (then the state says so). Ends a pause. */
  async rescan(shareId: ShareId): Promise<ShareInfo> {
    const share = this.#known(shareId);
    await share.rescan();
    return share.info;
  }

  /** Stops scanning and watching, over restarts too; the index as it is stays offered. */
  pause(shareId: ShareId): ShareInfo {
    const share = this.#known(shareId);
    share.pause();
    return share.info;
  }

  /** Ends a pause: what changed meanwhile is found, then the folder is watched. */
  resume(shareId: ShareId): ShareInfo {
    const share = this.#known(shareId);
    share.resume();
    this.#describing?.compare(shareId);
    return share.info;
  }

  /** Stops the scan that runs or waits; the share is paused then, with the index of before. */
  cancelScan(shareId: ShareId): ShareInfo {
    const share = this.#known(shareId);
    share.cancelScan();
    return share.info;
  }

  /** Forgets what is known of its files beyond their names, and finds it out again. */
  describe(shareId: ShareId): ShareInfo {
    const share = this.#known(shareId);
    this.#describing?.forget(shareId);
    return this.#info(share);
  }

  /** Whether files may be looked into is another than before. */
  describeAll(): void {
    for (const shareId of this.#shares.keys()) this.#describing?.compare(shareId);
  }

  /** The content id of a file on this disk is known now. */
  rootLearnt(absolutePath: string): void {
    for (const [shareId, share] of this.#shares) {
      const relative = path.relative(share.index.row.path, absolutePath);
      if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) continue;
      const safePath = relative.split(path.sep).join('/') as SafePath;
      const entry = share.index.view?.stat(safePath);
      if (entry?.kind === 'file') this.#describing?.learnt(shareId, { ...entry, path: safePath });
    }
  }

  /** What is told to peers: every share with a whole index, also while it is scanned again or its folder is away. */
  announcements(): ShareAnnouncement[] {
    return [...this.#shares.values()]
      .map((share) => share.index.announcement)
      .filter((announcement) => announcement !== undefined);
  }

  /** Removals of own shares, to be told to peers: the newest, none older than `removalDays`. */
  removals(): OwnRemoval[] {
    return this.#removals.list();
  }

  /** Of the index, or of what is known of files beyond their names. */
  feed(shareId: ShareId, kind: 'index' | 'details' = 'index'): ReplicableCore | undefined {
    const index = this.#shares.get(shareId)?.index;
    return kind === 'index' ? index?.feed?.core : index?.details.feed?.core;
  }

  /** The index as it is now; another one after every `IndexListener.indexed`. */
  view(shareId: ShareId): IndexView | undefined {
    return this.#shares.get(shareId)?.index.view;
  }

  /** Its segment file turned out damaged: it is made anew from its feed, or from the folder. */
  repair(shareId: ShareId): void {
    void this.#shares.get(shareId)?.repair();
  }

  /** Where a file or folder of the index lies on this disk. The path is not checked against the disk: whoever opens it must. */
  locate(shareId: ShareId, safePath: SafePath): Located | undefined {
    const index = this.#shares.get(shareId)?.index;
    return index?.view && locate(index.row.path, index.view, safePath);
  }

  /** The same for many of one share, at a fraction of the cost; undefined when it has no index. */
  locateMany(shareId: ShareId, safePaths: readonly SafePath[]): LocatedMany | undefined {
    const index = this.#shares.get(shareId)?.index;
    return index?.view && locateMany(index.row.path, index.view, safePaths);
  }

  #change(share: OwnShare, audience: Audience, { needsNewKeys }: { needsNewKeys: boolean }): void {
    const { shareId, revision, feedLength } = share.index.row;
    // Between what was announced before and what is from now on.
    if (needsNewKeys && feedLength > 0) this.#addRemoval(shareId, { revision: revision + 1, audience: share.audience });
    share.setAudience(audience, { needsNewKeys, revision: revision + 2 });
  }

  #addRemoval(shareId: ShareId, { revision, audience }: { revision: number; audience: Audience }): void {
    const signed = this.#options.signRemoval?.(shareId, revision, audience);
    if (signed !== undefined) this.#removals.add({ shareId, revision, signed }, audienceText(audience));
  }

  #look(root: string, options: { signal: AbortSignal; onProgress(entries: number): void }): ReturnType<typeof previewed> {
    return this.#previewSlots.run(() => previewed(root, options));
  }

  #share(row: ShareRow, knownSecrets: readonly string[] = []): OwnShare {
    const { database, feeds, ownPeerId } = this.#options;
    return new OwnShare(row, {
      ...{ database, feeds, listener: this.#listener(), ownPeerId, log: this.#log, segments: this.#segments },
      ...{ slots: this.#scanSlots, watcher: this.#watcher, knownSecrets },
      onChange: (shareId, what) => {
        if (what === 'numbers') return this.#pace.soon(shareId);
        this.#pace.now(shareId);
        if (this.#shares.get(shareId)?.info.state === 'watching') this.#describing?.back(shareId);
      },
      onPublished: () => this.#options.onAnnouncement?.(),
    });
  }

  #info(share: OwnShare): ShareInfo {
    const { info } = share;
    const files = this.#describing?.described(info.shareId);
    if (files === undefined) return info;
    return { ...info, described: { files: Math.min(files, info.fileCount), ofFiles: info.fileCount } };
  }

  #describingWith(details: ShareDetails): Describing {
    return new Describing({
      ...{ ...details, ownPeerId: this.#options.ownPeerId, log: this.#log },
      share: (shareId) => this.#shares.get(shareId)?.index,
      onPublished: () => this.#options.onAnnouncement?.(),
      onProgress: (shareId) => this.#pace.soon(shareId),
    });
  }

  /** Who was given, and what describes files. */
  #listener(): IndexListener {
    const { listener } = this.#options;
    return {
      indexed: (peerId, shareId, view) => {
        listener?.indexed(peerId, shareId, view);
        this.#describing?.compare(shareId);
      },
      changed: (peerId, shareId, delta) => {
        listener?.changed(peerId, shareId, delta);
        this.#describing?.changed(shareId, delta);
      },
      gone: (peerId, shareId) => {
        listener?.gone(peerId, shareId);
        this.#describing?.gone(shareId).catch((error: unknown) => this.#log.warn(asAppError(error).message));
      },
    };
  }

  #known(shareId: ShareId): OwnShare {
    const share = this.#shares.get(shareId);
    if (share === undefined) throw new AppError('not-found', `There is no share ${shareId}. It may have been removed meanwhile.`);
    return share;
  }
}
