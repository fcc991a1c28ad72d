// Folders into which offers of some peers go by themselves: who may, how much. Room is what the folder really holds and what is on its way into it, by
// whatever rule or yes. None lies where it would be shared, or beside our keys.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { encode } from 'z32';
import { AppError } from '../../protocol/errors.ts';
import type { Audience } from '../../protocol/model.ts';
import type { DropBox } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { audienceText, isInAudience, normalised, parseAudience, type Viewer } from '../shares/audienceText.ts';
import type { Database } from '../storage/database.ts';
import { contains, makeFolder, realPlace } from '../storage/folders.ts';
import { BoxFolders } from './boxFolders.ts';
import { BoxRoom, type Room } from './boxRoom.ts';
import type { Acceptance, InboxRow } from './inbox.ts';

export interface DropBoxesOptions {
  database: Database;
  dataFolder: string;
  log: Log;
  /** What accepted offers still bring into places for which `isMeant`. */
  coming(isMeant: (folder: string) => boolean): Room;
  offered(): InboxRow[];
  /** Who the sender is to us; undefined when it is not here. */
  viewer(row: InboxRow): Viewer | undefined;
  nameOf(row: InboxRow): string;
  accept(row: InboxRow, how: Acceptance): Promise<unknown>;
  /** Real paths of the folders that are shared from here. */
  sharedFolders(): string[];
  onChange(): void;
}

interface BoxRow {
  dropBoxId: string;
  folder: string;
  audience: string;
  quotaBytes: number;
  addedAtMs: number;
}

export class DropBoxes {
  readonly #options: DropBoxesOptions;
  readonly #folders: BoxFolders;
  readonly #room = new BoxRoom();
  /** Offers are looked at one after another: each counts for the next. */
  #last: Promise<void> = Promise.resolve();
  /** Those that wait for that. */
  readonly #waiting = new Map<InboxRow, Promise<void>>();
  #isClosed = false;

  constructor(options: DropBoxesOptions) {
    this.#options = options;
    this.#folders = new BoxFolders(options.database);
  }

  async list(): Promise<DropBox[]> {
    return Promise.all(this.#rows().map((row) => this.#info(row)));
  }

  /** Throws `invalid-argument`, `too-large`, `not-found`, `permission-denied`, `io`. */
  async set(wanted: { dropBoxId?: string; folder: string; audience: Audience; quotaBytes: number }): Promise<DropBox> {
    const { database } = this.#options;
    const { folder, quotaBytes } = wanted;
    const rows = this.#rows();
    const before = rows.find(({ dropBoxId }) => dropBoxId === wanted.dropBoxId);
    if (wanted.dropBoxId !== undefined && before === undefined) throw noSuchBox();
    if (before === undefined && rows.length >= sendingLimits.dropBoxes)
      throw new AppError('too-large', `There are ${sendingLimits.dropBoxes} drop boxes. Remove one first.`);
    if (quotaBytes < sendingLimits.quotaMinBytes)
      throw new AppError('invalid-argument', `A drop box has room for ${sendingLimits.quotaMinBytes} bytes at least.`);
    this.#check(folder);
    makeFolder(folder);
    this.#check(folder); // What it was made in may be another by now.
    const row: BoxRow = {
      dropBoxId: before?.dropBoxId ?? encode(randomBytes(16)),
      ...{ folder, audience: audienceText(normalised(wanted.audience)), quotaBytes },
      addedAtMs: before?.addedAtMs ?? Date.now(),
    };
    database.run(
      `INSERT OR REPLACE INTO dropBox (dropBoxId, folder, audience, quotaBytes, addedAtMs)
         VALUES (:dropBoxId, :folder, :audience, :quotaBytes, :addedAtMs)`,
      { ...row },
    );
    this.#options.onChange();
    this.#lookAtAll();
    return this.#info(row);
  }

  remove(dropBoxId: string): void {
    if (this.#options.database.run('DELETE FROM dropBox WHERE dropBoxId = :dropBoxId', { dropBoxId }) === 0) throw noSuchBox();
    this.#options.onChange();
  }

  /** Something came into a folder, or will not come. */
  roomChanged(folder: string): void {
    const place = realPlace(folder);
    this.#room.changed(place);
    if (this.#rows().some((row) => contains(realPlace(row.folder), place))) this.#lookAtAll();
  }

  /** Throws `permission-denied` when what others send would be shared with this folder (its real path). */
  checkShare(root: string): void {
    const boxes = this.#rows().map(({ folder }) => realPlace(folder));
    const box = boxes.find((each) => contains(root, each));
    const isSenders = (): boolean =>
      this.#folders.list().some((folder) => contains(folder, root) && boxes.includes(path.dirname(folder)));
    if (box === undefined && !isSenders()) return;
    const why = box === undefined ? 'what a peer sends goes into it' : `the drop box ${box} is in it`;
    throw new AppError(
      'permission-denied',
      `${root} cannot be shared: ${why}, and would be given to others as yours. Remove the drop box, or share another folder.`,
      { data: { path: root } },
    );
  }

  /**
   * Takes an offer, when there is a box for its sender with room for it. Resolves when that is decided; never rejects. One that found no room is looked at
   * again when room changes, and whenever its sender is met.
   */
  look(offer: InboxRow): Promise<void> {
    const waiting = this.#waiting.get(offer);
    if (waiting !== undefined) return waiting;
    if (this.#isClosed || this.#rows().length === 0) return Promise.resolve();
    const looked = this.#last
      .then(() => {
        this.#waiting.delete(offer);
        return this.#take(offer);
      })
      .catch((error: unknown) => this.#tookNothing(error));
    this.#waiting.set(offer, looked);
    this.#last = looked;
    return looked;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  #lookAtAll(): void {
    for (const offer of this.#options.offered()) void this.look(offer);
  }

  async #take(offer: InboxRow): Promise<void> {
    const viewer = this.#options.viewer(offer);
    for (const row of this.#rows()) {
      if (this.#isClosed || offer.state !== 'offered' || viewer === undefined) return;
      if (!isInAudience(parseAudience(row.audience), viewer)) continue;
      if (!(await this.#hasRoom(row, offer))) continue;
      try {
        await this.#takeInto(row, offer);
        return;
      } catch (error) {
        this.#tookNothing(error); // Another box may.
      }
    }
  }

  /** A box that was full a moment ago is not walked again for each offer; one that is to take something is. */
  async #hasRoom(row: BoxRow, offer: InboxRow): Promise<boolean> {
    const kept = this.#room.kept(realPlace(row.folder));
    if (kept !== undefined && !fits(offer, row, this.#withComing(row, await kept))) return false;
    return fits(offer, row, await this.#used(row, { isNow: true }));
  }

  /** Rejects with what keeps the offer out of this box. */
  async #takeInto(row: BoxRow, offer: InboxRow): Promise<void> {
    this.#check(row.folder); // A share, or a link, may have come since it was set.
    const folder = this.#folders.of(realPlace(row.folder), { peerId: offer.peerId, name: this.#options.nameOf(offer) });
    await this.#options.accept(offer, { folder, conflict: 'keep-both', dropBoxId: row.dropBoxId });
    this.#options.onChange();
  }

  #tookNothing(error: unknown): void {
    this.#options.log.warn(`A drop box did not take an offer: ${error instanceof Error ? error.message : String(error)}`);
  }

  #rows(): BoxRow[] {
    return this.#options.database.all<BoxRow>('SELECT * FROM dropBox ORDER BY addedAtMs, dropBoxId');
  }

  async #info(row: BoxRow): Promise<DropBox> {
    const usedBytes = (await this.#used(row))?.bytes ?? row.quotaBytes;
    return { ...row, audience: parseAudience(row.audience), usedBytes };
  }

  /** Undefined when it holds more files than are counted, or cannot be read. */
  async #used(row: BoxRow, options: { isNow?: boolean } = {}): Promise<Room | undefined> {
    return this.#withComing(row, await this.#room.held(realPlace(row.folder), options));
  }

  #withComing({ folder }: BoxRow, held: Room | undefined): Room | undefined {
    if (held === undefined) return undefined;
    const box = realPlace(folder);
    const coming = this.#options.coming((into) => contains(box, realPlace(into)));
    return { bytes: held.bytes + coming.bytes, entries: held.entries + coming.entries };
  }

  /** Throws `permission-denied` for a folder that must not be a drop box. */
  #check(folder: string): void {
    const problem = this.#problem(folder);
    if (problem !== undefined) throw problem;
  }

  #problem(folder: string): AppError | undefined {
    const [box, data] = [realPlace(folder), realPlace(this.#options.dataFolder)];
    if (contains(box, data) || contains(data, box)) return ownFolder(folder);
    const share = this.#options.sharedFolders().find((root) => contains(root, box));
    return share === undefined ? undefined : sharedFolder(folder, share);
  }
}

function fits(offer: InboxRow, { quotaBytes }: BoxRow, used: Room | undefined): boolean {
  if (used === undefined || used.bytes + offer.totalBytes > quotaBytes) return false;
  return used.entries + offer.fileCount + offer.folderCount <= sendingLimits.boxEntries;
}

function ownFolder(folder: string): AppError {
  return new AppError(
    'permission-denied',
    `${folder} holds the keys and the data of Potluck: nothing of others goes there. Choose another one.`,
    { data: { path: folder } },
  );
}

function sharedFolder(folder: string, share: string): AppError {
  return new AppError(
    'permission-denied',
    `${folder} is in ${share}, which you share: what others send would be given on as yours. Choose a folder outside it.`,
    { data: { path: folder } },
  );
}

function noSuchBox(): AppError {
  return new AppError('not-found', 'There is no such drop box. Look at the list again.');
}
