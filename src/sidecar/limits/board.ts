// Maxima of what is kept and told for looking at: piece maps, storage use.

export const boardLimits = {
  /** Cells of a file's piece map: as many as a page shows apart. */
  cells: 512,
  /** Files of which it is remembered who gave what: at 34 KB each with 16 sources, 2 MB. */
  pieceFiles: 64,
  /** Sources of a map: as many as a file has (transferLimits.sources). */
  pieceSources: 16,
  /** Places of bad pieces in a map: a source is dropped after a few. */
  badPlaces: 256,
  /** Maps in one answer: files that are received at the same time. */
  shownFiles: 8,
  /** Files that are counted for the use of storage: 200,000 take 2 s on a warm disk. */
  countedFiles: 200_000,
  /** For so long an answer is given again. */
  usageMs: 10_000,
} as const;
