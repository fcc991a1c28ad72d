// The way of every code into Potluck, pasted or clicked: read, asked about, and only then accepted; then what came of it is told.

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
export async function acceptCode(services: Services, text: string): Promise<boolean> {
  const { sidecar, world, messages } = services;
  const contents = await sidecar.request('codes/inspect', { text });
  await world.load();
  const question = codeQuestion(contents, world);
  if (question.kind === 'tell') throw new AppError('invalid-argument', question.message);
  if (!(await confirm(question.message, question.detail, question.action))) return false;
  const { party, pending } = await sidecar.request('codes/accept', { text });
  await world.reload();
  const name = messageName(contents.name);
  if (pending !== undefined) await tellOutcome(services, pending, name);
  else if (party !== undefined) void messages.info(joined(party));
  else void messages.info(t('{0} is among your peers now. You meet as soon as both are online.', name));
  return true;
}

/** Who made the invite may be here: then it is known in a moment. */
async function tellOutcome({ world, messages }: Services, accepted: PendingInvite, name: string): Promise<void> {
  const before = new Set<string>(world.parties.map(({ partyId }) => partyId));
  const now = (): PendingInvite | undefined => world.pending.find(({ inviteId }) => inviteId === accepted.inviteId);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const look = (): void => {
      if (now()?.state !== 'waiting') end();
    };
    const timer = setTimeout(end, limits.inviteOutcomeMs);
    const subscription = world.onDidChange(look);
    look();
  });
  const invite = now();
  if (invite === undefined) {
    const party = world.parties.find(({ partyId }) => !before.has(partyId));
    void messages.info(party === undefined ? t('{0} let you in.', name) : joined(party));
  } else if (invite.state === 'refused') {
    messages.failure(
      new AppError('permission-denied', t('{0} did not let you in: {1}.', name, refusalText(invite.reason ?? 'unknown'))),
    );
  } else {
    void messages.info(t('The invite is kept. {0} lets you in as soon as both of you are online.', name));
  }
}

function joined(party: PartyInfo): string {
  return t('You are in the party "{0}" now.', messageName(partyLabel(party.name)));
}
