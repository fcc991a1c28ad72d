// Whether a newer connection of a peer may take the place of the one that is here. It should, as a rule: after a restart the older one is dead and
// does not know it. But a key that is in use on two machines would make the two throw each other out for ever. Hyperswarm ends the older one as soon
// as it accepts the newer, so that this is asked in the handshake, too.

import type { PeerId } from '../protocol/ids.ts';
import { meetingLimits } from './limits.ts';
import type { PeerSession } from './wire/services.ts';
import { Budget } from './wire/updatePace.ts';

export class Replacements {
  readonly #budgets = new Map<PeerId, Budget>();
  readonly #looking = new WeakSet<PeerSession>();

  /** A session opens. False, and it is closed, when its peer came too often and is here already. */
  mayOpen(session: PeerSession, earlier: PeerSession | undefined): boolean {
    // Each counts: the one before may be gone by now for no other reason than this one.
    const isInTime = this.#take(session.peerId);
    if (isInTime || earlier?.isOpen !== true) return true;
    session.close('it takes its own place again and again: its key may be in use on two machines');
    this.endIfDead(earlier);
    return false;
  }

  /** A handshake begins. False when what is here should stay: it ends by its silence when it is dead, and the next handshake finds the place free. */
  mayComeAgain(peerId: PeerId, here: PeerSession | undefined): boolean {
    if (here === undefined || this.#budgets.get(peerId)?.isEmpty !== true) return true;
    this.endIfDead(here);
    return false;
  }

  /** The older one may be what a crash left. */
  endIfDead(session: PeerSession): void {
    if (this.#looking.has(session)) return;
    this.#looking.add(session);
    const timer = setTimeout(() => session.close('it does not answer any more'), meetingLimits.replacedAnswerMs).unref();
    session
      .ping()
      .catch(() => undefined) // Gone, or too busy to say: alive.
      .finally(() => {
        clearTimeout(timer);
        this.#looking.delete(session);
      });
  }

  #take(peerId: PeerId): boolean {
    const budget =
      this.#budgets.get(peerId) ??
      new Budget({ burst: meetingLimits.replacements, perSecond: 1 / meetingLimits.replacementSeconds });
    this.#budgets.delete(peerId);
    this.#budgets.set(peerId, budget);
    const [oldest] = this.#budgets.keys();
    if (this.#budgets.size > meetingLimits.replacedPeers && oldest !== undefined) this.#budgets.delete(oldest);
    return budget.take();
  }
}
