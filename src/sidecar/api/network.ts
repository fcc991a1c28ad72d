// The request for a diagnosis of the network. What it looks at is the node's business.

import type { NetReport } from '../../protocol/model.ts';
import type { Handlers } from './handlers.ts';

export interface Diagnosis {
  /** Takes up to 10 s. */
  diagnose: () => Promise<NetReport>;
}

export function networkHandlers({ diagnose }: Diagnosis): Pick<Handlers<'network'>, 'network/diagnose'> {
  return { 'network/diagnose': () => diagnose() };
}
