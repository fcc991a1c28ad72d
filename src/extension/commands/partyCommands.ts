// potluck.party.*: meet by name; and, in closed parties that we founded, who is let in.

import * as vscode from 'vscode';
import type { PeerId } from '../../protocol/ids.ts';
import type { PartyInfo } from '../../protocol/model.ts';
import { displayName, iconSafeName, messageName, partyLabel } from '../displayText.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { acceptCode } from './acceptCode.ts';
import { isCode, nameRemark } from './partyName.ts';
import { confirm, pickParty } from './picks.ts';
import { partyIdOf, pastedPeerId, peerIdOf } from './targets.ts';

/** As the sidecar has it. */
const maxLabelCharacters = 64;
/** A code is longer than a name, and taken in the same place. */
const maxGivenCharacters = 2048;

const severities = {
  error: vscode.InputBoxValidationSeverity.Error,
  warning: vscode.InputBoxValidationSeverity.Warning,
  info: vscode.InputBoxValidationSeverity.Info,
} as const;

type PersonItem = vscode.QuickPickItem & { peerId?: PeerId };

export function partyCommands(services: Services): CommandTable {
  const { sidecar, world, messages } = services;

  async function partyOf(
    value: unknown,
    title: string,
    accepts: (party: PartyInfo) => boolean = () => true,
  ): Promise<PartyInfo | undefined> {
    const partyId = partyIdOf(value);
    await world.load();
    const known = partyId === undefined ? undefined : world.party(partyId);
    return known !== undefined && accepts(known) ? known : pickParty(services, title, accepts);
  }

  function nameOf(party: PartyInfo, peerId: PeerId): string {
    const member = world.members.get(party.partyId)?.find((each) => each.peerId === peerId);
    return member?.name ?? world.peer(peerId)?.name ?? peerId;
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
        ...(typeof given === 'string' ? { value: given.slice(0, maxGivenCharacters) } : {}),
        ignoreFocusOut: true,
        validateInput: (value) => {
          const remark = nameRemark(value);
          return remark && { message: remark.text, severity: severities[remark.severity] };
        },
      });
      if (name === undefined) return undefined;
      if (isCode(name)) return void (await acceptCode(services, name));
      const party = await sidecar.request('parties/join', { name: name.trim() });
      await world.reload();
      return party;
    },

    'party.create': async () => {
      const party = await sidecar.request('parties/create', {});
      await world.reload();
      await vscode.env.clipboard.writeText(party.name);
      const text = t('Party created. Its name is on the clipboard: send it to those who shall come, and to nobody else.');
      void offerNext(party, text);
      return party;
    },

    'party.createClosed': async () => {
      const party = await sidecar.request('parties/create', { isClosed: true });
      await world.reload();
      void offerNext(party, t('Closed party created. Only those whom you invite or admit are members.'));
      return party;
    },

    'party.setLabel': async (given: unknown) => {
      const party = await partyOf(given, t('Name Which Party?'));
      if (party === undefined) return;
      const label = await vscode.window.showInputBox({
        title: t('What to Call the Party {0}', partyLabel(party)),
        prompt: t('Only you see it, unless you put it into an invite. Leave it empty to go back to the name of the party.'),
        placeHolder: t('For example: photos of the trip'),
        value: party.label ?? '',
        validateInput: (value) =>
          [...value.trim()].length > maxLabelCharacters ? t('At most {0} characters.', maxLabelCharacters) : undefined,
      });
      if (label === undefined) return;
      await sidecar.request('parties/setLabel', { partyId: party.partyId, label: label.trim() });
      await world.reload();
    },

    'party.copyName': async (given: unknown) => {
      const party = await partyOf(given, t('Copy the Name of Which Party?'));
      if (party === undefined) return;
      await vscode.env.clipboard.writeText(party.name);
      const said =
        party.closed === undefined
          ? t('Name of the party copied. Whoever has it is a member, for ever: better send an invite to single people.')
          : t('Name of the party copied. With it alone nobody is in: its founder has to let them in.');
      vscode.window.setStatusBarMessage(said, 8000);
    },

    'party.leave': async (given: unknown) => {
      const party = await partyOf(given, t('Leave Which Party?'));
      if (party === undefined) return;
      const detail =
        party.closed?.isFounder === true
          ? t(
              'You no longer meet its peers, and nobody can be let in or expelled until you join again by its name: {0}',
              displayName(party.name),
            )
          : t(
              'You no longer meet its peers. Your files and downloads stay. To come back you need its name: {0}',
              displayName(party.name),
            );
      if (!(await confirm(t('Leave the party "{0}"?', messageName(partyLabel(party))), detail, t('Leave')))) return;
      await sidecar.request('parties/leave', { partyId: party.partyId });
      await world.reload();
    },

    'party.admit': async (given: unknown) => {
      const party = await partyOf(given, t('Admit to Which Party?'), isFounded);
      if (party === undefined) return;
      const peerId = peerIdOf(given) ?? (await pickNewcomer(party));
      if (peerId === undefined) return;
      const name = messageName(nameOf(party, peerId));
      const detail = t('It is a member of the party then and sees what you share there.\n\nKey: {0}', peerId);
      if (!(await confirm(t('Admit {0} to the party?', name), detail, t('Admit')))) return;
      await sidecar.request('parties/admit', { partyId: party.partyId, peerId });
      await world.reload();
    },

    'party.expel': async (given: unknown) => {
      const party = await partyOf(given, t('Expel from Which Party?'), isFounded);
      if (party === undefined) return;
      const peerId = peerIdOf(given) ?? (await pickMember(party));
      if (peerId === undefined) return;
      const name = messageName(nameOf(party, peerId));
      const detail = t(
        'It is no member any more, at once. It still sees what you share with its key, or by another party; what it downloaded stays with it.',
      );
      if (!(await confirm(t('Expel {0} from the party?', name), detail, t('Expel')))) return;
      await sidecar.request('parties/expel', { partyId: party.partyId, peerId });
      await world.reload();
    },
  };

  /** Messages stay open for long: what is done then is done with the party as it is. */
  async function offerNext({ partyId }: PartyInfo, text: string): Promise<void> {
    const [invite, name] = [t('Invite…'), t('Name It…')];
    const taken = await messages.info(text, invite, name);
    if (taken === invite) await vscode.commands.executeCommand('potluck.invite.create', partyId);
    if (taken === name) await vscode.commands.executeCommand('potluck.party.setLabel', partyId);
  }

  /** Somebody known here who is not on the list, or a key. */
  async function pickNewcomer(party: PartyInfo): Promise<PeerId | undefined> {
    const listed = new Set<string>(party.closed?.members ?? []);
    const people = world.peers.filter(({ peerId, isBlocked }) => !listed.has(peerId) && !isBlocked);
    const items: PersonItem[] = [
      ...people.map(({ peerId, name, isOnline }) => personItem(peerId, name, isOnline)),
      { label: `$(key) ${t('Paste a Key…')}`, alwaysShow: true },
    ];
    const title = t('Admit Whom to {0}?', partyLabel(party));
    const chosen = await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
    if (chosen === undefined || chosen.peerId !== undefined) return chosen?.peerId;
    const text = await vscode.window.showInputBox({
      title,
      placeHolder: t('52 letters and digits'),
      validateInput: (value) => (pastedPeerId(value) === undefined ? t('This is not a key of a peer.') : undefined),
    });
    return text === undefined ? undefined : pastedPeerId(text);
  }

  async function pickMember(party: PartyInfo): Promise<PeerId | undefined> {
    const members = (world.members.get(party.partyId) ?? []).filter(({ isOwn, isListed }) => !isOwn && isListed === true);
    if (members.length === 0) {
      void messages.info(t('You are its only member.'));
      return undefined;
    }
    const items = members.map(({ peerId, name, isOnline }) => personItem(peerId, name, isOnline));
    const title = t('Expel Whom from {0}?', partyLabel(party));
    const chosen = await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
    return chosen?.peerId;
  }
}

function isFounded({ closed }: PartyInfo): boolean {
  return closed?.isFounder === true;
}

function personItem(peerId: PeerId, name: string, isOnline: boolean): PersonItem {
  return { label: iconSafeName(name), description: isOnline ? t('online') : t('offline'), detail: peerId, peerId };
}
