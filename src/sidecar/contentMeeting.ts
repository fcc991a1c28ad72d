// Which contents peers are to find us by, and whose holders we look for: those of links, large files that are being received, and downloads that wait
// for somebody. Joins queue, parties and network, which do not know each other; a content is announced only in parties where we may give it.

import { AppError } from '../protocol/errors.ts';
import { isContentId, type ContentId, type DownloadId, type PartyId } from '../protocol/ids.ts';
import { isOfLink } from '../protocol/linkPeer.ts';
import type { EntryRef, LinkedContentInfo } from '../protocol/model.ts';
import { networkLimits, transferLimits } from './limits.ts';
import type { Log } from './log.ts';
import type { ContentTopic } from './network/contentTopics.ts';
import type { HolderLook } from './transfers/downloads/holderLook.ts';
import type { DownloadRecord } from './transfers/downloads/downloadTable.ts';
import type { ReceivingFiles } from './transfers/downloads/swarm/contract.ts';
import type { LinkedContents } from './transfers/held/linkedContents.ts';
import { Pace } from './transfers/pace.ts';

export interface ContentMeetingOptions {
  linked: LinkedContents;
  receiving: Pick<ReceivingFiles, 'all' | 'find'>;
  /** Downloads that wait for somebody who holds them. */
  waiting(): DownloadRecord[];
  /** Whether a download runs. */
  isActive(): boolean;
  files: Pick<HolderLook, 'files'>;
  /** Never rejects. */
  rootOf(entry: EntryRef): Promise<Uint8Array | undefined>;
  /** The root of what this machine can give of an entry, hashed if it must be; rejects when it has nothing. */
  rootHere(entry: EntryRef, options: { signal: AbortSignal }): Promise<Uint8Array>;
  /** Whether this machine can still give it. */
  isHere(entry: EntryRef): boolean;
  /** In which parties a share may be given on; asked in each round anew. */
  audience(): (entry: EntryRef) => readonly PartyId[] | undefined;
  /** One for each of these parties that we are in; of all, if none are given. */
  topicsOf(root: Uint8Array, partyIds: readonly PartyId[] | undefined): Uint8Array[];
  /** Replaces what was wanted before. */
  meet(topics: readonly ContentTopic[]): void;
  log: Log;
  /** For tests. */
  afterMs?: number;
}

interface Wanted {
  root: Uint8Array;
  entry: EntryRef;
}

export class ContentMeeting {
  readonly #options: ContentMeetingOptions;
  readonly #pace: Pace;
  /** What waits and its contents, as asked in this round. */
  readonly #wished = new Map<DownloadId, Wanted[]>();
  /** Contents of links that are here, as looked at in this round. */
  #linked: Wanted[] | undefined;
  /** Which of the wishes come first: each has its turn when there are too many. */
  #turn = 0;
  #roundAtMs = -Infinity;
  #announced = new Set<string>();
  #lookedUp = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;
  #isOpen = false;

  constructor(options: ContentMeetingOptions) {
    this.#options = options;
    this.#pace = new Pace(1, () => this.#begin());
  }

  open(): void {
    this.#isOpen = true;
    this.touch();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#pace.stop();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** A download, a link, or a party changed. Costs next to nothing. */
  touch(): void {
    if (this.#isOpen) this.#pace.touch();
  }

  /**
   * From now on peers of its parties find us by the content of this file (or no more), over restarts too. Rejects with `not-found` when this
   * machine neither shares nor holds nor receives it, `is-folder`, `too-large`, or as reading it does.
   */
  async announce(entry: EntryRef, isOn: boolean, options: { signal: AbortSignal }): Promise<void> {
    const { linked } = this.#options;
    if (isOn) linked.add(contentIdOf(await this.#options.rootHere(entry, options)), entry);
    else if (linked.remove(entry) === 0) throw notAnnounced(entry);
    this.#linked = undefined;
    this.touch();
  }

  /** The newest first. */
  list(): LinkedContentInfo[] {
    return this.#options.linked.list().map((content) => ({ ...content, isAnnounced: this.#announced.has(content.contentId) }));
  }

  #begin(): void {
    if (!this.#isOpen) return;
    this.#isAsked = true;
    clearTimeout(this.#timer);
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#options.log.warn(`Holders of contents are not looked for: ${String(error)}`))
      .finally(() => {
        this.#looking = undefined;
        this.#again();
      });
  }

  #again(): void {
    if (!this.#isOpen) return;
    const isActive = this.#options.isActive();
    const isNeeded = isActive || this.#options.waiting().length > 0 || this.#options.linked.list().length > 0;
    const ms = isActive ? this.#afterMs : networkLimits.contentRoundMs;
    if (isNeeded) this.#timer = setTimeout(() => this.touch(), ms).unref();
  }

  async #look(): Promise<void> {
    while (this.#isAsked && this.#isOpen) {
      this.#isAsked = false;
      const wishes = await this.#wishes();
      if (!this.#isOpen) return;
      const running = this.#running();
      const given = (this.#linked ??= this.#linkedHere());
      // What is received now does not take all the places of links.
      const first = networkLimits.contentTopicsAnnounced / 2;
      this.#meet({
        announced: [...given.slice(0, first), ...running.given, ...given.slice(first)],
        lookedUp: [...running.wanted, ...wishes],
      });
    }
  }

  #linkedHere(): Wanted[] {
    const here: Wanted[] = [];
    for (const { contentId, entry } of this.#options.linked.list()) {
      if (here.length >= networkLimits.contentTopicsAnnounced) break;
      if (this.#options.isHere(entry)) here.push({ root: rootOf(contentId), entry });
    }
    return here;
  }

  #meet({ announced, lookedUp }: { announced: Wanted[]; lookedUp: Wanted[] }): void {
    const audience = this.#options.audience();
    const topics = new Map<string, ContentTopic>();
    const take = (wanted: Wanted[], most: number, role: 'isAnnounced' | 'isLookedUp'): Set<string> => {
      const taken = new Set<string>();
      let count = 0;
      for (const { root, entry } of wanted) {
        const contentId = contentIdOf(root);
        if (taken.has(contentId)) continue;
        for (const topic of this.#options.topicsOf(root, audience(entry))) {
          if (count++ >= most) return taken;
          const key = Buffer.from(topic).toString('hex');
          topics.set(key, { ...(topics.get(key) ?? { topic, isAnnounced: false, isLookedUp: false }), [role]: true });
          taken.add(contentId);
        }
      }
      return taken;
    };
    this.#announced = take(announced, networkLimits.contentTopicsAnnounced, 'isAnnounced');
    this.#lookedUp = take(lookedUp, networkLimits.contentTopicsLookedUp, 'isLookedUp');
    this.#options.meet([...topics.values()]);
  }

  /** Large files that have been coming for a while, the newest first: given on as far as they are here, looked for while few give them. */
  #running(): { given: Wanted[]; wanted: Wanted[] } {
    const given: Wanted[] = [];
    const wanted: Wanted[] = [];
    for (const { root, entry, sinceMs, partial, sourceCount } of this.#options.receiving.all()) {
      if (partial.sizeBytes <= transferLimits.packedFileBytes || performance.now() - sinceMs < this.#afterMs) continue;
      const content = { root, entry };
      // What comes by a link is of no share that we could give it under.
      if (partial.have.count > 0 && !isOfLink(entry)) given.push(content);
      // Once looked for, until there are plenty: not on and off with every source that comes and goes.
      const enough = networkLimits.contentSources * (this.#lookedUp.has(contentIdOf(root)) ? 2 : 1);
      if ((sourceCount?.() ?? 0) < enough) wanted.push(content);
    }
    return { given: given.reverse(), wanted: wanted.reverse() };
  }

  /** As many as can be looked up; when there are more, others in the next round. */
  async #wishes(): Promise<Wanted[]> {
    const waiting = this.#options.waiting();
    const most = networkLimits.contentTopicsLookedUp;
    if (performance.now() - this.#roundAtMs >= networkLimits.contentRoundMs) {
      this.#roundAtMs = performance.now();
      this.#wished.clear();
      this.#linked = undefined;
      this.#turn = waiting.length > most ? this.#turn + most : 0;
    }
    const first = waiting.length > 0 ? this.#turn % waiting.length : 0;
    const found: Wanted[] = [];
    for (const record of [...waiting.slice(first), ...waiting.slice(0, first)].slice(0, most)) {
      if (!this.#isOpen || found.length >= most) break;
      const contents = this.#wished.get(record.downloadId) ?? (await this.#contentsOf(record));
      if (contents.length > 0) this.#wished.set(record.downloadId, contents);
      found.push(...contents);
    }
    return found;
  }

  /** Of a folder, some large files: small ones are not announced by who receives them. */
  async #contentsOf(record: DownloadRecord): Promise<Wanted[]> {
    const contents: Wanted[] = [];
    for (const { sizeBytes, ...entry } of this.#options.files.files(record)) {
      if (record.kind === 'folder' && sizeBytes <= transferLimits.packedFileBytes) continue;
      const root = await this.#options.rootOf(entry);
      if (root) contents.push({ root, entry });
      if (contents.length >= networkLimits.contentFilesOfFolder) break;
    }
    return contents;
  }

  get #afterMs(): number {
    return this.#options.afterMs ?? networkLimits.contentLookUpAfterMs;
  }
}

function contentIdOf(root: Uint8Array): ContentId {
  const contentId = Buffer.from(root).toString('hex');
  if (!isContentId(contentId)) throw new AppError('internal', `A root of ${root.byteLength} bytes is none.`);
  return contentId;
}

function rootOf(contentId: ContentId): Uint8Array {
  return new Uint8Array(Buffer.from(contentId, 'hex'));
}

function notAnnounced({ path }: EntryRef): AppError {
  return new AppError('not-found', `${JSON.stringify(path)} is not announced. See "potluck link list".`);
}
