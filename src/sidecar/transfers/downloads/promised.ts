// Synchronous work behind an asynchronous border.

/** What it throws is a rejection. */
export function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
