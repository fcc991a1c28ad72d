// The table of all commands, and the order in which help shows them.

import type { Command } from '../command.ts';
import { accessCommands } from './access.ts';
import { browseCommands } from './browse.ts';
import { catCommand } from './cat.ts';
import { compareCommand } from './compare.ts';
import { getCommand } from './get.ts';
import { historyCommand } from './history.ts';
import { infoCommand } from './info.ts';
import { storageCommands } from './storage.ts';
import { inviteCommands } from './invites.ts';
import { limitsCommand } from './limits.ts';
import { linkCommand } from './link.ts';
import { logCommand } from './log.ts';
import { networkCommands } from './network.ts';
import { partyCommands } from './parties.ts';
import { peerCommands } from './peers.ts';
import { queueCommands } from './queue.ts';
import { searchCommands } from './search.ts';
import { sendingCommands } from './sending.ts';
import { settingCommands } from './settings.ts';
import { shareCommands } from './shares.ts';
import { sidecarCommands } from './sidecar.ts';
import { treeCommand } from './tree.ts';
import { uploadsCommand } from './uploads.ts';
import { watchCommands } from './watches.ts';

const helpCommand: Command = {
  name: 'help',
  usage: 'help [COMMAND]',
  summary: 'this text, or the help of one command; "help exit-codes"',
  args: { min: 0, max: 2 },
  run: async () => undefined, // cli.ts shows it: it knows the whole table.
};

const transferCommands: readonly Command[] = [
  ...queueCommands,
  uploadsCommand,
  historyCommand,
  ...storageCommands,
  limitsCommand,
  linkCommand,
  ...sendingCommands,
];

export const commands: readonly Command[] = [
  ...partyCommands,
  ...inviteCommands,
  ...peerCommands,
  ...accessCommands,
  ...networkCommands,
  ...shareCommands,
  ...browseCommands,
  infoCommand,
  treeCommand,
  catCommand,
  compareCommand,
  ...searchCommands,
  ...watchCommands,
  getCommand,
  ...transferCommands,
  ...sidecarCommands,
  ...settingCommands,
  logCommand,
  helpCommand,
];

export const groups: readonly [string, readonly string[]][] = [
  ['Parties', partyCommands.map(({ name }) => name)],
  ['Invites and codes', inviteCommands.map(({ name }) => name)],
  ['Peers', peerCommands.map(({ name }) => name)],
  ['Who may see what', accessCommands.map(({ name }) => name)],
  ['The network', networkCommands.map(({ name }) => name)],
  ['Share', shareCommands.map(({ name }) => name)],
  ['Browse and open', [...browseCommands, infoCommand, treeCommand, catCommand, compareCommand].map(({ name }) => name)],
  ['Search', [...searchCommands, ...watchCommands].map(({ name }) => name)],
  ['Transfer', [getCommand, ...transferCommands].map(({ name }) => name)],
  ['The sidecar', [...sidecarCommands, ...settingCommands, logCommand, helpCommand].map(({ name }) => name)],
];
