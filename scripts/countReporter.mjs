// A reporter of node:test that writes only how many tests passed and failed, for the sum over all suites.

export default async function* countReporter(source) {
  const counts = { passed: 0, failed: 0 };
  for await (const { type, data } of source) {
    // A file counts as a test of its own when it failed as a whole; a suite is not a test.
    if (data?.details?.type === 'suite') continue;
    if (type === 'test:pass' && !data.skip && !data.todo) counts.passed++;
    if (type === 'test:fail' && !data.todo) counts.failed++;
  }
  yield JSON.stringify(counts);
}
