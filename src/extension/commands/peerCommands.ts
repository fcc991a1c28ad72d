// potluck.peer.* and potluck.identity.*: other people's keys, and our own.

import * as vscode from 'vscode';
import type { PeerInfo } from '../../protocol/model.ts';
import { displayName, messageName } from '../displayText.ts';
import type { CommandTable, Services } from '../services.ts';
import { updateSetting } from '../settings.ts';
import { t } from '../text.ts';
import { grantDetail, requesterName } from '../views/requestRow.ts';
import { acceptCode } from './acceptCode.ts';
import { isCode } from './partyName.ts';
import { confirm, pickPeer } from './picks.ts';
import { pastedPeerId, peerIdOf } from './targets.ts';

const maxNameCharacters = 64;

export function peerCommands(services: Services): CommandTable {
  const { sidecar, world } = services;

  async function peerOf(value: unknown, title: string, accepts?: (peer: PeerInfo) => boolean): Promise<PeerInfo | undefined> {
    const peerId = peerIdOf(value);
    await world.load();
    const known = peerId === undefined ? undefined : world.peer(peerId);
    return known ?? pickPeer(services, title, accepts);
  }

  function tooLong(value: string): string | undefined {
    return value.trim().length > maxNameCharacters ? t('At most {0} characters.', maxNameCharacters) : undefined;
  }

  return {
    'peer.connect': async (given: unknown) => {
      const known = peerIdOf(given);
      // From the row of a peer that was accepted before it reconnects at once; a key from elsewhere is shown and confirmed.
      if (known !== undefined && typeof given === 'object' && world.peer(known)?.isStranger === false) return connect(known);
      const text = await vscode.window.showInputBox({
        title: t('Connect to a Peer'),
        prompt: t("Paste the key or code that the other person copied. You see each other's shares once both accept."),
        placeHolder: t('52 letters and digits, or a code'),
        ...(known === undefined ? {} : { value: known }),
        ignoreFocusOut: true,
        validateInput: (value) =>
          pastedPeerId(value) === undefined && !isCode(value) ? t('This is not a key of a peer.') : undefined,
      });
      if (text !== undefined && isCode(text)) return void (await acceptCode(services, text));
      const peerId = text === undefined ? undefined : pastedPeerId(text);
      return peerId === undefined ? undefined : connect(peerId);
    },

    'peer.accept': async (given: unknown) => {
      const peer = await peerOf(given, t('Accept Which Peer?'), ({ isStranger }) => isStranger);
      if (peer === undefined) return;
      const detail = grantDetail({ ...peer, text: '' }, world);
      if (await confirm(t('Accept {0}?', messageName(requesterName(peer))), detail, t('Accept'))) await connect(peer.peerId);
    },

    'peer.disconnect': async (given: unknown) => {
      const peer = await peerOf(given, t('Disconnect Which Peer?'), ({ isOnline }) => isOnline);
      if (peer === undefined) return;
      await sidecar.request('peers/disconnect', { peerId: peer.peerId });
      await world.reload();
    },

    'peer.forget': async (given: unknown) => {
      const peer = await peerOf(given, t('Forget Which Peer?'));
      if (peer === undefined) return;
      const detail = t('Its lists of files are removed from this machine. What you downloaded stays.');
      if (!(await confirm(t('Forget {0}?', messageName(peer.name)), detail, t('Forget')))) return;
      await sidecar.request('peers/forget', { peerId: peer.peerId });
      await world.reload();
      services.peersView.refresh();
    },

    'peer.setPetname': async (given: unknown) => {
      const peer = await peerOf(given, t('Name Which Peer?'));
      if (peer === undefined) return;
      const petname = await vscode.window.showInputBox({
        title: t('Your Name for {0}', displayName(peer.name)),
        prompt: t('Only you see it. Leave it empty to go back to the name the peer has.'),
        value: peer.petname ?? '',
        validateInput: tooLong,
      });
      if (petname === undefined) return;
      await sidecar.request('peers/setPetname', { peerId: peer.peerId, petname: petname.trim() });
      await world.reload();
    },

    'peer.copyKey': async (given: unknown) => {
      const peer = await peerOf(given, t('Copy the Key of Which Peer?'));
      if (peer === undefined) return;
      await vscode.env.clipboard.writeText(peer.peerId);
      vscode.window.setStatusBarMessage(t('Key copied.'), 3000);
    },

    'identity.copyKey': async () => {
      const { peerId } = await sidecar.connected();
      await vscode.env.clipboard.writeText(peerId);
      vscode.window.setStatusBarMessage(t('Your key is on the clipboard. It is public: send it to whom you like.'), 5000);
      return peerId;
    },

    'identity.setNickname': async () => {
      const { nickname } = await sidecar.request('settings/get', {});
      const chosen = await vscode.window.showInputBox({
        title: t('Your Nickname'),
        prompt: t('Peers see it beside the name made from your key. Leave it empty for none.'),
        value: nickname,
        validateInput: tooLong,
      });
      if (chosen === undefined) return;
      await updateSetting('nickname', chosen.trim());
      await sidecar.request('settings/set', { nickname: chosen.trim() });
    },
  };

  async function connect(peerId: PeerInfo['peerId']): Promise<PeerInfo> {
    const peer = await sidecar.request('peers/connect', { peerId });
    await world.reload();
    return peer;
  }
}
