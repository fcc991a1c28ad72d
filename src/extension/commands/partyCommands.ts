// potluck.party.*: meet by name.

import * as vscode from 'vscode';
import type { PartyInfo } from '../../protocol/model.ts';
import { displayName, messageName, partyLabel } from '../displayText.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { confirm, pickParty } from './picks.ts';
import { partyIdOf } from './targets.ts';

const maxNameCharacters = 128;

export function partyCommands(services: Services): CommandTable {
  const { sidecar, world, messages } = services;

  async function partyOf(value: unknown, title: string): Promise<PartyInfo | undefined> {
    const partyId = partyIdOf(value);
    if (partyId === undefined) return pickParty(services, title);
    await world.load();
    return world.party(partyId) ?? pickParty(services, title);
  }

  return {
    /** The name may be given; it is asked for all the same, because joining shows that you are here to whoever knows it. */
    'party.join': async (given: unknown) => {
      const name = await vscode.window.showInputBox({
        title: t('Join a Party'),
        prompt: t(
          'Everyone who knows the name can meet you and see what you share. A long random name is private, a word is not.',
        ),
        placeHolder: t('Name of the party'),
        ...(typeof given === 'string' ? { value: given.slice(0, maxNameCharacters) } : {}),
        ignoreFocusOut: true,
        validateInput: (value) => {
          const length = value.trim().length;
          if (length === 0) return t('Type a name.');
          return length > maxNameCharacters ? t('At most {0} characters.', maxNameCharacters) : undefined;
        },
      });
      if (name === undefined) return undefined;
      const party = await sidecar.request('parties/join', { name: name.trim() });
      await world.reload();
      return party;
    },

    'party.create': async () => {
      const party = await sidecar.request('parties/create', {});
      await world.reload();
      await vscode.env.clipboard.writeText(party.name);
      void messages.info(t('Party created. Its name is on the clipboard: send it to those who shall come, and to nobody else.'));
      return party;
    },

    'party.copyName': async (given: unknown) => {
      const party = await partyOf(given, t('Copy the Name of Which Party?'));
      if (party === undefined) return;
      await vscode.env.clipboard.writeText(party.name);
      vscode.window.setStatusBarMessage(t('Name of the party copied.'), 3000);
    },

    'party.leave': async (given: unknown) => {
      const party = await partyOf(given, t('Leave Which Party?'));
      if (party === undefined) return;
      const detail = t(
        'You no longer meet its peers. Your files and downloads stay. To come back you need its name: {0}',
        displayName(party.name),
      );
      if (!(await confirm(t('Leave the party "{0}"?', messageName(partyLabel(party.name))), detail, t('Leave')))) return;
      await sidecar.request('parties/leave', { partyId: party.partyId });
      await world.reload();
    },
  };
}
