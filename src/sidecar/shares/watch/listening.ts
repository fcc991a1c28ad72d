// What the follower of a share needs of the system: to be told of changes in folders. Two ways: a watch for each folder (Linux), or one for
// the whole tree (macOS, Windows).

export interface Heard {
  /** A name (bytes as latin1) in a folder changed; `isRenamed`: it came, went or was moved. Answers whether it changes all the time. */
  name(folder: string, latin1: string, isRenamed: boolean): boolean;
  /** A folder must be looked at as a whole; `isReplaced`: its watch may be of one that is gone; `isHot`: it is worth a watch. */
  folder(folder: string, how: { isReplaced?: boolean; isHot?: boolean }): void;
  /** Something may have been missed: everything is to be compared. */
  missed(): void;
}

export interface Listening {
  /**
   * Listens to a folder from now on; called before it is read. False when the system does not tell of it: it must be polled. The hottest
   * (latest `heatMs`) are listened to; `isAnew`: what is listened to there may be a folder that is gone.
   */
  add(folder: string, how: { heatMs: number; isAnew: boolean }): boolean;
  has(folder: string): boolean;
  /** The folder is gone, or no longer shared. */
  remove(folder: string): void;
  folders(): Iterable<string>;
  /** How many folders it could listen to, of so many. */
  room(folderCount: number): number;
  /** How many it listens to, of a share that has so many. */
  count(folderCount: number): number;
  /** Why it is fewer than it should be. */
  readonly note: string | undefined;
  close(): void;
}
