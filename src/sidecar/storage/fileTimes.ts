// Times of files as file systems keep them: many keep coarser ones than they are given.

/** exFAT and FAT with hundredths; HFS+, ext3 and many archives; FAT. */
const stepsMs = [10, 1000, 2000];

/** Whether a file system with coarse times could keep `givenMs` as `keptMs`, both in whole ms. A ms more: a time is set as a fraction of seconds. */
export function isRoundedTime(keptMs: number, givenMs: number): boolean {
  const apartMs = Math.abs(givenMs - keptMs);
  return stepsMs.some((stepMs) => keptMs % stepMs === 0 && apartMs <= stepMs);
}
