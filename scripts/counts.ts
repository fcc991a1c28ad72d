// How many tests passed and failed, summed over suites.

export interface Counts {
  passed: number;
  failed: number;
}

export function addCounts(to: Counts, more: Counts): void {
  to.passed += more.passed;
  to.failed += more.failed;
}
