// Two trees side by side: merges them into rows, says what became of each from what is known of contents, and answers pages of it. Pure; runs in the worker.

import type { CompareState, CompareTotal, ComparedEntry, ComparedFile } from '../../protocol/compare.ts';
import { isContentId } from '../../protocol/ids.ts';
import { compareNames, comparePaths } from '../catalog/index/names.ts';
import { isRoundedTime } from '../storage/fileTimes.ts';
import { findFile, type FolderRows, idOf, newRow, pathOf, type Row, type SideName } from './row.ts';
import type { TreeFile, TreeFolder } from './sides.ts';

/** Content ids of files of one side, in the state that they are of: `roots` has 32 bytes each. */
export interface KnownIds {
  /** With `//` between: no path has an empty part. One text is handed over faster than a thousand. */
  paths: string;
  /** UTF-16 units of each path before what is compared. */
  cut: number;
  sizes: ArrayLike<number>;
  /** NaN: whatever the time is. */
  times: ArrayLike<number>;
  roots: Uint8Array;
}

/** A file whose content id would decide something. */
export interface WantedId {
  path: string;
  sizeBytes: number;
  mtimeMs: number;
}

export interface RowTotals {
  totals: Record<CompareState, CompareTotal>;
  leftTotal: CompareTotal;
  rightTotal: CompareTotal;
  folders: { onlyLeft: number; onlyRight: number };
}

export const allStates: readonly CompareState[] = ['same', 'likely-same', 'changed', 'only-left', 'only-right', 'moved'];

const rootBytes = 32;
const slash = 0x2f;

export class Rows {
  /** In the order of the tree: each folder before its content, folders before files, names by their bytes. */
  readonly #rows: Row[] = [];
  readonly #folders = new Map<string, FolderRows>();

  /** Reads both sides to their end. `onEntries` is told now and then how many were read. */
  read(left: Iterable<TreeFolder>, right: Iterable<TreeFolder>, onEntries: (count: number) => void): void {
    this.#rows.length = 0;
    this.#folders.clear();
    const [lefts, rights] = [left[Symbol.iterator](), right[Symbol.iterator]()];
    const next = (side: Iterator<TreeFolder, unknown>): TreeFolder | undefined => {
      const result = side.next();
      return result.done === true ? undefined : result.value;
    };
    let [one, other, count] = [next(lefts), next(rights), 0];
    /** Folders whose files come when all that is below them has come. */
    const open: FolderRows[] = [];
    while (one !== undefined || other !== undefined) {
      const order = one === undefined ? 1 : other === undefined ? -1 : comparePaths(one.path, other.path);
      const [isLeft, isRight] = [order <= 0, order >= 0];
      const folder = this.#merge(isLeft ? one : undefined, isRight ? other : undefined, open);
      onEntries((count += 1 + folder.files.length));
      if (isLeft) one = next(lefts);
      if (isRight) other = next(rights);
    }
    this.#shut(open, undefined);
  }

  /** Takes those whose file is as the side has it. */
  learn(side: SideName, { paths, cut, sizes, times, roots }: KnownIds): void {
    const text = Buffer.from(roots.buffer, roots.byteOffset, roots.byteLength).toString('latin1');
    let folder: FolderRows | undefined;
    let folderPath: string | undefined;
    for (let at = 0, start = 0; at < sizes.length; at++) {
      const from = start + cut;
      // One pass for the end of the path and of its folder.
      let [end, nameAt] = [from, from];
      for (; end < paths.length; end++) {
        if (paths.charCodeAt(end) !== slash) continue;
        if (paths.charCodeAt(end + 1) === slash) break;
        nameAt = end + 1;
      }
      start = end + 2;
      const folderLength = Math.max(nameAt - from - 1, 0);
      if (folderPath?.length !== folderLength || !paths.startsWith(folderPath, from)) {
        folderPath = paths.slice(from, from + folderLength);
        folder = this.#folders.get(folderPath);
      }
      const row = folder && findFile(folder, paths.slice(nameAt, end));
      const file = row?.[side];
      if (row === undefined || file === undefined || file.sizeBytes !== sizes[at]) continue;
      const time = times[at] ?? 0;
      if (!Number.isNaN(time) && time !== file.mtimeMs) continue;
      const id = text.slice(at * rootBytes, (at + 1) * rootBytes);
      if (side === 'left') row.leftId = id;
      else row.rightId = id;
    }
  }

  /** Says of each row what it is, by all that is known. */
  judge(): RowTotals {
    for (const row of this.#rows) {
      row.from = undefined;
      row.isHidden = false;
      this.#judgeRow(row);
    }
    this.#findMoved();
    return this.#count();
  }

  /**
   * Files of a side whose content ids are missing and would tell: those of equal size at one path, and those that could have been moved. With `isOtherKnown`
   * only where the id of the other file is known.
   */
  wanted(side: SideName, { isOtherKnown }: { isOtherKnown: boolean }): WantedId[] {
    const other = side === 'left' ? 'right' : 'left';
    const counts = (row: Row): boolean => !isOtherKnown || idOf(row, other) !== '';
    const moving = new Set<number>();
    for (const row of this.#rows)
      if (row.state === `only-${other}` && !row.isFolder && counts(row)) moving.add(row[other]?.sizeBytes ?? 0);
    const wanted: WantedId[] = [];
    for (const row of this.#rows) {
      const { [side]: file, [other]: counterpart, isFolder, state } = row;
      if (isFolder || file === undefined || file.sizeBytes === 0 || idOf(row, side) !== '') continue;
      const { sizeBytes, mtimeMs } = file;
      const isTelling =
        counterpart === undefined
          ? state === `only-${side}` && moving.has(sizeBytes)
          : counterpart.sizeBytes === sizeBytes && counts(row);
      if (isTelling) wanted.push({ path: pathOf(row), sizeBytes, mtimeMs });
    }
    return wanted;
  }

  /** Files that would be told apart by content ids that are missing: pairs, and those of the right that could be moved ones. */
  get unresolved(): number {
    /** By size: whether all ids are known of what is gone. */
    const gone = new Map<number, boolean>();
    for (const { state, isHidden, isFolder, left, leftId } of this.#rows)
      if (state === 'only-left' && !isHidden && !isFolder && left !== undefined && left.sizeBytes > 0)
        gone.set(left.sizeBytes, leftId !== '' && gone.get(left.sizeBytes) !== false);
    return this.#rows.filter(({ state, isLikely, isFolder, right, rightId }) => {
      if (state !== 'only-right' || isFolder || right === undefined) return state === 'likely-same' || isLikely;
      const areKnown = gone.get(right.sizeBytes);
      return areKnown !== undefined && !(areKnown && rightId !== '');
    }).length;
  }

  page(
    states: readonly CompareState[],
    { under, offset, limit }: { under: string; offset: number; limit: number },
  ): { entries: ComparedEntry[]; total: number } {
    const isWanted = new Set(states);
    const prefix = under === '' ? '' : `${under}/`;
    const entries: ComparedEntry[] = [];
    let total = 0;
    for (const row of this.#rows) {
      if (row.isHidden || !isWanted.has(row.state) || (prefix !== '' && !pathOf(row).startsWith(prefix))) continue;
      if (total >= offset && entries.length < limit) entries.push(this.#entry(row));
      total++;
    }
    return { entries, total };
  }

  /** Files of the right side in these states; `paths`: only those, and those below them. */
  select(states: readonly CompareState[], paths: readonly string[] | undefined): string[] {
    const isWanted = new Set(states);
    const chosen = paths && new Set(paths);
    return this.#rows
      .filter(({ isFolder, right, state }) => !isFolder && right !== undefined && isWanted.has(state))
      .map(pathOf)
      .filter((path) => chosen === undefined || isChosen(path, chosen));
  }

  /** The next folder, of the sides that have it. */
  #merge(left: TreeFolder | undefined, right: TreeFolder | undefined, open: FolderRows[]): FolderRows {
    const folder: FolderRows = { path: left?.path ?? right?.path ?? '', files: [], next: 0 };
    this.#shut(open, folder.path);
    open.push(folder);
    this.#folders.set(folder.path, folder);
    // A folder that both have is not news.
    if (left === undefined || right === undefined)
      this.#rows.push({ ...newRow(folder, asFile(left), asFile(right)), isFolder: true });
    const [lefts, rights] = [left?.files ?? [], right?.files ?? []];
    for (let at = 0, to = 0; at < lefts.length || to < rights.length;) {
      const [one, other] = [lefts[at], rights[to]];
      const order =
        one === undefined ? 1 : other === undefined ? -1 : one.name === other.name ? 0 : compareNames(one.name, other.name);
      folder.files.push(newRow(folder, order <= 0 ? one : undefined, order >= 0 ? other : undefined));
      if (order <= 0) at++;
      if (order >= 0) to++;
    }
    return folder;
  }

  /** Takes the files of those that `path` is not below; all when it is undefined. */
  #shut(open: FolderRows[], path: string | undefined): void {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (path !== undefined && (last.path === '' || path.startsWith(`${last.path}/`))) return;
      for (const row of last.files) this.#rows.push(row);
      open.pop();
    }
  }

  #judgeRow(row: Row): void {
    const { left, right } = row;
    row.isLikely = false;
    if (left === undefined) row.state = 'only-right';
    else if (right === undefined) row.state = 'only-left';
    else if (left.sizeBytes !== right.sizeBytes) row.state = 'changed';
    else if (left.sizeBytes === 0) row.state = 'same';
    else {
      if (row.leftId !== '' && row.rightId !== '') row.state = row.leftId === row.rightId ? 'same' : 'changed';
      else if (isSameTime(left.mtimeMs, right.mtimeMs)) row.state = 'likely-same';
      else {
        row.state = 'changed';
        row.isLikely = true;
      }
    }
  }

  /** Of several with one content, the first goes to the first. */
  #findMoved(): void {
    const gone = new Map<string, Row[]>();
    for (const row of this.#rows) {
      if (row.state !== 'only-left' || row.isFolder || row.left?.sizeBytes === 0) continue;
      if (row.leftId === '') continue;
      const rows = gone.get(row.leftId);
      if (rows === undefined) gone.set(row.leftId, [row]);
      else rows.push(row);
    }
    if (gone.size === 0) return;
    for (const rows of gone.values()) rows.reverse();
    for (const row of this.#rows) {
      if (row.state !== 'only-right' || row.isFolder) continue;
      const from = row.rightId === '' ? undefined : gone.get(row.rightId)?.pop();
      if (from === undefined) continue;
      row.state = 'moved';
      row.from = from;
      from.isHidden = true;
    }
  }

  #count(): RowTotals {
    const none = (): CompareTotal => ({ files: 0, bytes: 0 });
    const counted: RowTotals = {
      totals: { same: none(), 'likely-same': none(), changed: none(), 'only-left': none(), 'only-right': none(), moved: none() },
      leftTotal: none(),
      rightTotal: none(),
      folders: { onlyLeft: 0, onlyRight: 0 },
    };
    for (const { isFolder, left, right, state, isHidden } of this.#rows) {
      if (isFolder) {
        counted.folders[left === undefined ? 'onlyRight' : 'onlyLeft']++;
        continue;
      }
      if (left !== undefined) add(counted.leftTotal, left);
      if (right !== undefined) add(counted.rightTotal, right);
      const file = right ?? left;
      if (!isHidden && file !== undefined) add(counted.totals[state], file);
    }
    return counted;
  }

  #entry(row: Row): ComparedEntry {
    const { isFolder, left, right, leftId, rightId, state, isLikely, from } = row;
    const wasLeft = left ?? from?.left;
    return {
      ...{ path: pathOf(row), kind: isFolder ? 'folder' : 'file', state },
      ...(isLikely && { isLikely }),
      ...(from && { movedFrom: pathOf(from) }),
      ...(wasLeft && { left: fileOf(wasLeft, from?.leftId ?? leftId) }),
      ...(right && { right: fileOf(right, rightId) }),
    };
  }
}

function asFile(folder: TreeFolder | undefined): TreeFile | undefined {
  return folder && { name: '', sizeBytes: 0, mtimeMs: folder.mtimeMs };
}

function fileOf({ sizeBytes, mtimeMs }: TreeFile, id: string): ComparedFile {
  const contentId = Buffer.from(id, 'latin1').toString('hex');
  return { sizeBytes, mtimeMs, ...(isContentId(contentId) && { contentId }) };
}

function add(total: CompareTotal, { sizeBytes }: TreeFile): void {
  total.files++;
  total.bytes += sizeBytes;
}

/** Equal, or as equal as a file system with coarse times could keep them. */
function isSameTime(one: number, other: number): boolean {
  return one === other || isRoundedTime(one, other) || isRoundedTime(other, one);
}

function isChosen(path: string, chosen: ReadonlySet<string>): boolean {
  if (chosen.has('') || chosen.has(path)) return true;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) if (chosen.has(path.slice(0, at))) return true;
  return false;
}
