// What is said above a tree while what it shows cannot be asked about.

import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';

/** Above each tree while the sidecar is away; the rows below it may be old. */
export function stateMessage(sidecar: Sidecar): string | undefined {
  switch (sidecar.state) {
    case 'idle':
    case 'running':
      return undefined;
    case 'starting':
      return t('Starting…');
    case 'lost':
      return t('The sidecar stopped. Starting it again…');
    case 'stopped':
    case 'failed':
      return sidecar.failure?.message;
  }
}
