// The way of every code into Potluck, pasted or clicked: read, asked about, and only then accepted; then what came of it is told.

import { maxCodeCharacters } from '../../protocol/codes.ts';
import { AppError } from '../../protocol/errors.ts';
import type { PartyInfo, PendingInvite } from '../../protocol/model.ts';
import { messageName, partyLabel } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { codeQuestion } from './codeQuestion.ts';
import { refusalText } from './inviteRows.ts';
import { confirm } from './picks.ts';

/** Nothing is done without the click of a person. True when it was accepted. Throws `invalid-argument` for what is no code. */
export async function acceptCode(services: Services, given: string): Promise<boolean> {
  const { sidecar, world, messages } = services;
  // One character more than a code has: the sidecar says that it is too long.
  const text = given.slice(0, maxCodeCharacters + 1);
  const contents = await sidecar.request('codes/inspect', { text });
  await world.load();
  const question = codeQuestion(contents, world);
  if (question.kind === 'tell') throw new AppError('invalid-argument', question.message);
  if (!(await confirm(question.message, question.detail, question.action))) return false;
  const before = new Set<string>(world.parties.map(({ partyId }) => partyId));
  const { party, pending } = await sidecar.request('codes/accept', { text });
  await world.reload();
  const name = messageName(contents.name);
  if (pending !== undefined) tellOutcome(services, pending, { name, before });
  else if (party !== undefined) void messages.info(joined(party));
  else void messages.info(t('{0} is among your peers now. You see each other once it accepts you, and both are online.', name));
  return true;
}

/** Who made the invite may be here: then it is known in a moment, else when it comes, as long as this window is open. */
function tellOutcome(
  { world, messages }: Services,
  accepted: PendingInvite,
  { name, before }: { name: string; before: ReadonlySet<string> },
): void {
  let isLate = false;
  const look = (): void => {
    const invite = world.pending.find(({ inviteId }) => inviteId === accepted.inviteId);
    if (invite?.state === 'waiting') return;
    clearTimeout(timer);
    subscription.dispose();
    if (invite !== undefined) {
      void messages.info(t('{0} did not let you in: {1}.', name, refusalText(invite.reason ?? 'unknown')));
      return;
    }
    const party = world.parties.find(({ partyId }) => !before.has(partyId));
    if (party !== undefined) void messages.info(joined(party));
    // Of a party that we were in already; or, later, the invite was dropped here.
    else if (!isLate) void messages.info(t('{0} let you in.', name));
  };
  const subscription = world.onDidChange(look);
  const timer = setTimeout(() => {
    isLate = true;
    void messages.info(t('The invite is kept. {0} lets you in as soon as both of you are online.', name));
  }, limits.inviteOutcomeMs);
  look();
}

function joined(party: PartyInfo): string {
  return t('You are in the party "{0}" now.', messageName(partyLabel(party)));
}
