// The one order in which an index is written, sent and read, and the interface that every producer and consumer of it shares.
//
// Order: folders in pre-order (a folder before its content), children in ascending byte order of their UTF-8 names. Each folder is
// one `folder(…)` call followed by its entries: its folders, then its files. A folder's place in the sequence follows from that alone.

/** Consumes an index in order. Producers have checked the names, or the consumer says that it does. */
export interface IndexSink {
  /** The next folder begins (the first call is the share's root): that many folders and files follow. */
  folder(folderCount: number, fileCount: number): void;
  /** One entry of the folder. Folders have size 0. `mtimeMs` is a whole number. */
  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void;
}

/** What an index holds; the root is not counted. */
export interface IndexCounts {
  folderCount: number;
  fileCount: number;
  totalBytes: number;
}
