// Codes and invites: make, list, take back, accept; the own contact code.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import { AppError } from '../../protocol/errors.ts';
import type { CodeContents, InviteInfo, PartyInfo, PendingInvite } from '../../protocol/model.ts';
import { cell, shortId } from '../cells.ts';
import { parseCount, parseTime } from '../choices.ts';
import { codeOptions, contentLines, questionOf, showCode } from '../codeText.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exitCodes.ts';
import { formatTime } from '../format.ts';
import { canAsk, confirmed, secretArgument, secretHelp } from '../input.ts';
import { resolveInvite, resolveOnlyParty, resolveParty } from '../resolve.ts';
import type { Style } from '../terminal.ts';
import { waitFor } from '../wait.ts';
import { partyTitle, refusalText, untilText } from '../words.ts';
import { tellJoined } from './parties.ts';

/** As the sidecar has it. */
const mostUses = 1000;

const forOption = {
  type: 'string',
  short: 'f',
  value: 'TIME',
  help: 'good for so long: 30m, 12h, 1d, 2w, or none: for ever',
} as const;

export const inviteCommands: readonly Command[] = [
  {
    name: 'invite',
    usage: 'invite [PARTY] [--uses N | --once] [--for TIME] [--label TEXT] [--qr] [--uri]',
    summary: 'make an invite to a party, and print its code',
    details:
      'PARTY may be left out when you are in one only. Whoever has the code is let in, so give it only to whom you mean. The name of the party is not in it:\n' +
      'it is given to who uses the invite, while you are online. "potluck revoke" takes it back. --json: the invite, its code in "code".',
    options: {
      uses: { type: 'string', short: 'n', value: 'N', help: 'so many peers may use it, 1 to 1,000 (any number)' },
      once: { type: 'boolean', short: '1', help: 'the same as --uses 1' },
      for: { ...forOption, help: `${forOption.help} (1w)` },
      label: {
        type: 'string',
        short: 'l',
        value: 'TEXT',
        help: 'what the code calls the party, shown to who opens it and in your list (the label of the party)',
      },
      ...codeOptions,
    },
    args: { min: 0, max: 1 },
    run: async (context) => {
      const uses = parseUses(context);
      const expiresInMs = parseFor(context, 'invite');
      const label = context.text('label');
      const client = await context.connect();
      const party =
        context.args.length === 0
          ? await resolveOnlyParty(client, context.limits, 'invite')
          : await resolveParty(client, argument(context, 0), context.limits);
      const invite = await client.request(
        'invites/create',
        {
          partyId: party.partyId,
          ...(label !== undefined && { label }),
          ...(uses !== undefined && { uses }),
          ...(expiresInMs !== undefined && { expiresInMs }),
        },
        context.limits,
      );
      if (context.terminal.isJson) context.terminal.json(invite);
      else showInvite(invite, [party], context);
      return undefined;
    },
  },
  {
    name: 'invites',
    usage: 'invites [INVITE] [--qr] [--uri]',
    summary: 'list your invites and those accepted here that wait; or show the code of one again',
    details:
      'INVITE is its id, the first 4 or more characters of it, or its label. --json: {"invites":[…],"pending":[…]}, with INVITE the invite.',
    options: codeOptions,
    args: { min: 0, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      if (context.args.length === 0) return list(client, context);
      const found = await resolveInvite(client, argument(context, 0), context.limits);
      if (context.terminal.isJson) context.terminal.json('own' in found ? found.own : found.pending);
      else if ('own' in found) showInvite(found.own, await client.request('parties/list', {}, context.limits), context);
      else context.terminal.line(pendingText(found.pending));
      return undefined;
    },
  },
  {
    name: 'revoke',
    usage: 'revoke INVITE...',
    summary: 'take invites back, or drop accepted ones that wait',
    details:
      'Nobody can use it any more. Who did stays a member, unless the party is closed: see "party expel". --json: a list of what was changed.',
    args: { min: 1, max: 1000 },
    run: async (context) => {
      const { terminal, limits } = context;
      const client = await context.connect();
      const changed: object[] = [];
      for (const name of context.args) {
        const found = await resolveInvite(client, name, limits);
        if ('own' in found) {
          const { inviteId, state } = found.own;
          const after = await client.request('invites/revoke', { inviteId }, limits);
          changed.push(after);
          terminal.note(
            `${whatInvite(after)}: ${state === 'open' ? 'revoked' : `${stateText(state)} already`}.${usedText(after)}`,
          );
        } else {
          await client.request('invites/drop', { inviteId: found.pending.inviteId }, limits);
          changed.push({ dropped: found.pending.inviteId });
          terminal.note(`The invite of ${found.pending.name} is dropped; the peer stays added ("potluck forget" drops it too).`);
        }
      }
      if (terminal.isJson) terminal.json(changed);
      return undefined;
    },
  },
  {
    name: 'accept',
    usage: 'accept CODE [--yes] [--wait] [--preview]',
    summary: 'show what a code, an invite or a link does, ask, and do it; CODE "-" reads it from standard input',
    details:
      `${secretHelp}\n` +
      'An invite waits until its maker is online, over restarts too: "potluck invites" shows it. --json: what was done, as codes/accept answers;\n' +
      'with --preview what the code says. With --wait and an invite that is refused the exit code is 5.',
    options: {
      yes: { type: 'boolean', short: 'y', help: 'do not ask' },
      wait: { type: 'boolean', short: 'w', help: 'wait until the invite let you in, or was refused' },
      preview: { type: 'boolean', short: 'n', help: 'only show what it says' },
    },
    args: { min: 1, max: 1 },
    run: accept,
  },
  {
    name: 'code',
    usage: 'code [--party PARTY] [--for TIME] [--qr] [--uri]',
    summary: 'print your own code: your key and addresses, for others to "accept"',
    details:
      'Both sides have to add each other, so take theirs too. With --party the name of that party is in it: whoever has the code is a member for ever, and it\n' +
      'cannot be taken back; an invite can. --json: {"text":"potluck-…","uri":"potluck:…"}.',
    options: {
      party: { type: 'string', short: 'p', value: 'PARTY', help: 'put the name of this party into it' },
      for: { ...forOption, help: `${forOption.help} (for ever)` },
      ...codeOptions,
    },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const expiresInMs = parseFor(context, 'code');
      const client = await context.connect();
      const name = context.text('party');
      const party = name === undefined ? undefined : await resolveParty(client, name, context.limits);
      const params = { ...(party && { partyId: party.partyId }), ...(expiresInMs !== undefined && { expiresInMs }) };
      const code = await client.request('codes/own', params, context.limits);
      if (context.terminal.isJson) context.terminal.json(code);
      else {
        showCode(code, context);
        context.terminal.note(
          party
            ? `Whoever has this code is a member of ${JSON.stringify(partyTitle(party))}, for ever. "potluck invite" makes one that can be taken back.`
            : 'No secret. The other side runs "potluck accept CODE", and you accept theirs.',
        );
      }
      return undefined;
    },
  },
];

async function accept(context: Context): Promise<number | undefined> {
  const { terminal, limits } = context;
  const text = await secretArgument(context, 0, { is: 'code', command: 'accept' });
  const client = await context.connect();
  const contents = await client.request('codes/inspect', { text }, limits);
  if (context.has('preview')) {
    if (terminal.isJson) terminal.json(contents);
    else for (const line of contentLines(contents)) terminal.line(line);
    return undefined;
  }
  for (const line of contentLines(contents)) terminal.note(line);
  const isUsable = !contents.isOwn && !contents.isBlocked && !contents.isExpired;
  if (isUsable && !context.has('yes')) {
    if (!canAsk(context)) throw usageError('Nothing was done: nobody can be asked here. Give --yes to accept it', 'accept');
    if (!(await confirmed(context, questionOf(contents)))) {
      terminal.note('Nothing was done.');
      return exitCodes.cancelled;
    }
  }
  // What cannot be used is refused by the sidecar, which says why.
  const done = await client.request('codes/accept', { text }, limits);
  if (done.pending && context.has('wait')) await letIn(client, done.pending, context);
  if (terminal.isJson) terminal.json(done);
  else if (done.party) tellJoined(done.party, client, context);
  else if (done.pending && !context.has('wait'))
    terminal.note(`${done.pending.name} is asked to let you in as soon as it is here. "potluck invites" shows how it stands.`);
  else if (!done.pending) tellAdded(contents, client, context);
  return undefined;
}

/** Waits for the answer to an accepted invite. Throws `permission-denied` when it is refused. */
async function letIn(client: SidecarClient, { inviteId, name }: PendingInvite, context: Context): Promise<void> {
  await waitFor(client, context, {
    on: ['invites/changed'],
    goesOn: `${name} is asked whenever it is here: "potluck invites" shows it, "potluck revoke ${shortId(inviteId)}" drops it.`,
    look: async () => {
      const waiting = await client.request('invites/pending', {}, context.limits);
      const found = waiting.find((each) => each.inviteId === inviteId);
      if (found?.state === 'refused')
        throw new AppError('permission-denied', `The invite of ${name} was refused: ${refusalText(found.reason)}.`);
      return found === undefined;
    },
  });
  context.terminal.note(`${name} let you in. "potluck party list" shows your parties.`);
}

function tellAdded({ name }: CodeContents, client: SidecarClient, { terminal }: Context): void {
  terminal.note(`Added ${name}. The other side has to add you too: give it "potluck code", or your key ${client.peerId}.`);
}

async function list(client: SidecarClient, { terminal, limits }: Context): Promise<undefined> {
  const [invites, pending] = [
    await client.request('invites/list', {}, limits),
    await client.request('invites/pending', {}, limits),
  ];
  if (terminal.isJson) {
    terminal.json({ invites, pending });
    return undefined;
  }
  const parties = await client.request('parties/list', {}, limits);
  terminal.table(
    [{ title: 'INVITE' }, { title: 'STATE' }, { title: 'USED' }, { title: 'ENDS' }, { title: 'LABEL' }, { title: 'PARTY' }],
    invites.map((invite) => [
      cell(shortId(invite.inviteId), 'bold'),
      cell(stateText(invite.state), inviteStyles[invite.state]),
      cell(usesText(invite)),
      cell(invite.expiresAtMs === undefined ? 'never' : formatTime(invite.expiresAtMs)),
      cell(invite.label === '' ? '-' : invite.label),
      cell(invite.partyName === '' ? '(left)' : titleOf(invite, parties)),
    ]),
    'No invite of yours. Make one with "potluck invite PARTY".',
  );
  if (pending.length > 0)
    terminal.line(invites.length > 0 ? '\nAccepted here, and not let in yet:' : 'Accepted here, and not let in yet:');
  for (const invite of pending) terminal.line(`  ${shortId(invite.inviteId)}  ${pendingText(invite)}`);
  return undefined;
}

const inviteStyles: Readonly<Record<InviteInfo['state'], Style>> = {
  open: 'green',
  'used-up': 'dim',
  expired: 'dim',
  revoked: 'dim',
};

function stateText(state: InviteInfo['state']): string {
  return state === 'used-up' ? 'used up' : state;
}

function pendingText({ inviteId, name, partyLabel, state, reason, expiresAtMs }: PendingInvite): string {
  const party = partyLabel === '' ? 'a party' : JSON.stringify(partyLabel);
  if (state === 'refused')
    return `to ${party} from ${name}: refused, ${refusalText(reason)}. "potluck revoke ${shortId(inviteId)}" takes it off this list.`;
  return `to ${party} from ${name}: waits until ${name} is here, ${untilText(expiresAtMs)}`;
}

/** What its party is called here. */
function titleOf({ partyId, partyName }: InviteInfo, parties: readonly PartyInfo[]): string {
  return partyTitle(parties.find((party) => party.partyId === partyId) ?? { name: partyName });
}

function showInvite(invite: InviteInfo, parties: readonly PartyInfo[], context: Context): void {
  const { terminal } = context;
  if (invite.state !== 'open') {
    terminal.note(`${whatInvite(invite)} is ${stateText(invite.state)}: nobody can use it.${usedText(invite)}`);
    return;
  }
  showCode(invite.code, context);
  const who =
    invite.usesLeft === undefined
      ? 'Whoever has it'
      : invite.usesLeft === 1
        ? 'The first who uses it'
        : `The first ${invite.usesLeft} who use it`;
  terminal.note(
    `${who} may join ${JSON.stringify(titleOf(invite, parties))}, ${untilText(invite.expiresAtMs)}, while you are online. ` +
      `Keep it secret; "potluck revoke ${shortId(invite.inviteId)}" takes it back.`,
  );
  if (invite.usedBy.length > 0) terminal.note(usedText(invite).trim());
}

function whatInvite({ label, inviteId }: InviteInfo): string {
  return label === '' ? `Invite ${shortId(inviteId)}` : `Invite ${JSON.stringify(label)}`;
}

function usedText({ usedBy }: InviteInfo): string {
  if (usedBy.length === 0) return '';
  const names = usedBy.slice(0, 5).map(({ name }) => name);
  if (usedBy.length > names.length) names.push(`${usedBy.length - names.length} more`);
  return ` It was used by ${names.join(', ')}.`;
}

/** `2 of 5`, `2`. */
function usesText({ usedBy, usesLeft }: InviteInfo): string {
  return usesLeft === undefined ? String(usedBy.length) : `${usedBy.length} of ${usedBy.length + usesLeft}`;
}

function parseUses(context: Context): number | undefined {
  const text = context.text('uses');
  if (context.has('once') && text !== undefined) throw usageError('Give --once or --uses, not both', 'invite');
  if (context.has('once')) return 1;
  return text === undefined ? undefined : parseCount(text, { what: '--uses', command: 'invite', min: 1, max: mostUses });
}

/** Undefined when it was not given; 0 is without end. */
function parseFor(context: Context, command: string): number | undefined {
  const text = context.text('for');
  return text === undefined ? undefined : parseTime(text, { what: '--for', command });
}
