// Comparing product versions (SemVer 2.0.0, without build data).

/** Whether version `a` comes before `b`. A pre-release comes before its release. */
export function isOlder(a: string, b: string): boolean {
  const [coreA = '', preA = ''] = split(a);
  const [coreB = '', preB = ''] = split(b);
  const partsA = coreA.split('.').map(Number);
  const partsB = coreB.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (partsA[i] ?? 0) - (partsB[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  if (preA === preB || preA === '') return false;
  return preB === '' || preA < preB;
}

function split(version: string): string[] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version] : [version.slice(0, dash), version.slice(dash + 1)];
}
