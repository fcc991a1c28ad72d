// What is said about offers over each session, at a pace that its other side takes: one queue a session, emptied evenly.

import { sendingLimits } from '../limits.ts';
import type { SendingMessage } from '../wire/sendingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { Budget } from '../wire/updatePace.ts';

interface Line {
  queue: SendingMessage[];
  budget: Budget;
  timer: NodeJS.Timeout | undefined;
}

export class Talk {
  readonly #lines = new WeakMap<PeerSession, Line>();

  /** Says it at once, or as soon as the pace allows. What is too much is dropped: it is said again on the next session. */
  say(session: PeerSession, message: SendingMessage): void {
    const line = this.#lines.get(session) ?? newLine();
    this.#lines.set(session, line);
    if (line.queue.length >= sendingLimits.messagesWaiting) return;
    line.queue.push(message);
    this.#go(session, line);
  }

  #go(session: PeerSession, line: Line): void {
    if (line.timer !== undefined) return;
    while (line.queue.length > 0 && session.isOpen) {
      if (!line.budget.take()) {
        line.timer = setTimeout(() => {
          line.timer = undefined;
          this.#go(session, line);
        }, 1000 / sendingLimits.messagesPerSecond).unref();
        return;
      }
      const message = line.queue.shift();
      if (message !== undefined) session.meet(message);
    }
    if (!session.isOpen) line.queue.length = 0;
  }
}

function newLine(): Line {
  const { messagesBurst: burst, messagesPerSecond: perSecond } = sendingLimits;
  return { queue: [], budget: new Budget({ burst, perSecond }), timer: undefined };
}
