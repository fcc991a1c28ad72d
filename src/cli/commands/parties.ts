// Parties: join, create, leave, list.

import { createInterface } from 'node:readline';
import { argument, type Command, type Context } from '../command.ts';
import { cell, countCell } from '../cells.ts';
import { usageError } from '../errors.ts';
import { resolveParty } from '../resolve.ts';

export const partyCommands: readonly Command[] = [
  {
    name: 'join',
    usage: 'join NAME',
    summary: 'join a party and remember it',
    details:
      'The name is the secret: whoever knows it meets you there. A short name like "techno" can be guessed by anybody; see "create".\n' +
      'NAME "-" reads it from standard input, so that it stands in no process list or history.',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const name = argument(context, 0) === '-' ? await firstLine(context) : argument(context, 0);
      const client = await context.connect();
      const party = await client.request('parties/join', { name }, context.limits);
      if (context.terminal.isJson) context.terminal.json(party);
      else context.terminal.note(`Joined ${quoted(party.name)}. Peers who know the name show up in "potluck peers".`);
      return undefined;
    },
  },
  {
    name: 'create',
    usage: 'create',
    summary: 'make a party with a random name, join it and print the name',
    details: 'The name has 128 random bits. Give it only to those you want to meet: it is the key to the party.',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const client = await context.connect();
      const party = await client.request('parties/create', {}, context.limits);
      if (context.terminal.isJson) context.terminal.json(party);
      else {
        context.terminal.line(party.name);
        context.terminal.note('Joined. Others join with: potluck join NAME');
      }
      return undefined;
    },
  },
  {
    name: 'leave',
    usage: 'leave NAME',
    summary: 'leave a party',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const party = await resolveParty(client, argument(context, 0), context.limits);
      await client.request('parties/leave', { partyId: party.partyId }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ left: party.partyId });
      else context.terminal.note(`Left ${quoted(party.name)}.`);
      return undefined;
    },
  },
  {
    name: 'parties',
    usage: 'parties',
    summary: 'list the parties joined',
    args: { min: 0, max: 0 },
    run: async ({ connect, limits, terminal }) => {
      const client = await connect();
      const parties = await client.request('parties/list', {}, limits);
      if (terminal.isJson) terminal.json(parties);
      else
        terminal.table(
          [{ title: 'PARTY' }, { title: 'STATE' }, { title: 'ONLINE', align: 'right' }],
          parties.map((party) => [
            cell(party.name),
            cell(party.state, party.state === 'offline' ? 'yellow' : undefined),
            countCell(party.peersOnline),
          ]),
          'No party yet. Join one with "potluck join NAME", or make one with "potluck create".',
        );
      return undefined;
    },
  },
];

function quoted(name: string): string {
  return JSON.stringify(name);
}

/** Longest first line that is waited for. */
const lineCharacters = 4096;

async function firstLine({ stdin, signal }: Context): Promise<string> {
  const lines = createInterface({ input: stdin, signal });
  try {
    for await (const line of lines) return line.slice(0, lineCharacters);
  } finally {
    lines.close();
  }
  throw usageError('Standard input holds no name', 'join');
}
