// Whether a newer connection of a peer may take the place of the one that is here. It should, as a rule: after a restart the older one is dead and
// does not know it. But a key that is in use on two machines would make the two throw each other out for ever.

import type { PeerId } from '../protocol/ids.ts';
import { meetingLimits } from './limits.ts';
import type { PeerSession } from './wire/services.ts';
import { Budget } from './wire/updatePace.ts';

export class Replacements {
  readonly #budgets = new Map<PeerId, Budget>();

  /** False when it happened too often: the older one stays, and ends by its silence when it is dead. */
  take(peerId: PeerId): boolean {
    const budget =
      this.#budgets.get(peerId) ??
      new Budget({ burst: meetingLimits.replacements, perSecond: 1 / meetingLimits.replacementSeconds });
    this.#budgets.delete(peerId);
    this.#budgets.set(peerId, budget);
    const [oldest] = this.#budgets.keys();
    if (this.#budgets.size > meetingLimits.replacedPeers && oldest !== undefined) this.#budgets.delete(oldest);
    return budget.take();
  }

  /** The older one may be what a crash left: then the next connection finds the place free. */
  endIfDead(session: PeerSession): void {
    const timer = setTimeout(() => session.close('it does not answer any more'), meetingLimits.replacedAnswerMs).unref();
    session
      .ping()
      .catch(() => undefined) // Gone, or too busy to say: alive.
      .finally(() => clearTimeout(timer));
  }
}
