// potluck.access.*, who is blocked, and who may see which share: whom we let in, and how we ask others to.

import * as vscode from 'vscode';
import type { AccessRequest, PeerInfo, ShareInfo } from '../../protocol/model.ts';
import { displayName, iconSafeName, messageName } from '../displayText.ts';
import { changedMeanwhile } from '../failures.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { grantDetail, requesterName } from '../views/requestRow.ts';
import { changeOf, changeQuestion } from '../views/audienceChoice.ts';
import { pickAudience } from './audiencePick.ts';
import { confirm, pickOwnShare, pickPeer, pickRequest } from './picks.ts';
import { ownShareIdOf, peerIdOf } from './targets.ts';

export function accessCommands(services: Services): CommandTable {
  const { sidecar, world } = services;

  /** Asked for anew: a notification may be old by the time that it is answered. */
  async function requestOf(given: unknown, title: string): Promise<AccessRequest | undefined> {
    const peerId = peerIdOf(given);
    await world.load();
    world.requests = await sidecar.request('access/list', {});
    const known = world.requests.find((request) => request.peerId === peerId);
    return known ?? pickRequest(services, title);
  }

  async function peerOf(
    given: unknown,
    title: string,
    accepts: (peer: PeerInfo) => boolean,
  ): Promise<Pick<PeerInfo, 'peerId' | 'name' | 'derivedName'> | undefined> {
    const peerId = peerIdOf(given);
    await world.load();
    if (peerId === undefined) return pickPeer(services, title, accepts);
    // Who asks to be let in may have gone again, whom others told of was never here: they are in no book.
    const named = [...world.requests, ...[...world.members.values()].flat()].find((each) => each.peerId === peerId);
    return world.peer(peerId) ?? named ?? pickPeer(services, title, accepts);
  }

  async function shareOf(given: unknown): Promise<ShareInfo | undefined> {
    const shareId = ownShareIdOf(given);
    await world.load();
    const known = world.shares.find((share) => share.shareId === shareId);
    return known ?? pickOwnShare(services, t('Who May See Which Share?'));
  }

  return {
    'access.grant': async (given: unknown) => {
      const request = await requestOf(given, t('Let In Whom?'));
      if (request === undefined) return;
      const question = t('Let {0} in?', messageName(requesterName(request)));
      if (!(await confirm(question, grantDetail(request, world), t('Let In')))) return;
      await sidecar.request('access/grant', { peerId: request.peerId });
      await world.reload();
    },

    'access.deny': async (given: unknown) => {
      const request = await requestOf(given, t('Ignore Whose Request?'));
      if (request === undefined) return;
      await sidecar.request('access/deny', { peerId: request.peerId });
      await world.reload();
    },

    'access.ask': async (given: unknown) => {
      const peer = await peerOf(given, t('Request Access from Which Peer?'), (candidate) => candidate.isAddedByKey);
      if (peer === undefined) return;
      const text = await vscode.window.showInputBox({
        title: t('Request Access from {0}', displayName(peer.name)),
        prompt: t('It is asked to let you in, at once or when it is here. A word about who you are helps it to know you.'),
        placeHolder: t('Optional: one line'),
        ignoreFocusOut: true,
        validateInput: (value) =>
          value.trim().length > limits.requestCharacters ? t('At most {0} characters.', limits.requestCharacters) : undefined,
      });
      if (text === undefined) return;
      await sidecar.request('access/ask', { peerId: peer.peerId, text: text.trim() });
      vscode.window.setStatusBarMessage(t('{0} is asked to let you in.', iconSafeName(peer.name)), 5000);
    },

    'peer.block': async (given: unknown) => {
      const peer = await peerOf(given, t('Block Which Peer?'), ({ isBlocked }) => !isBlocked);
      if (peer === undefined) return;
      const detail = t(
        'It cannot connect to you any more, sees nothing of yours, and its lists of files go from here. What either of you downloaded stays.\n\nKey: {0}',
        peer.peerId,
      );
      if (!(await confirm(t('Block {0}?', messageName(requesterName(peer))), detail, t('Block')))) return;
      await sidecar.request('peers/block', { peerId: peer.peerId });
      await world.reload();
      services.peersView.refresh();
    },

    'peer.unblock': async (given: unknown) => {
      const peer = await peerOf(given, t('Unblock Which Peer?'), ({ isBlocked }) => isBlocked);
      if (peer === undefined) return;
      const detail = t('It may connect again, and sees what it may as a member of your parties or a peer that you added.');
      if (!(await confirm(t('Unblock {0}?', messageName(requesterName(peer))), detail, t('Unblock')))) return;
      await sidecar.request('peers/unblock', { peerId: peer.peerId });
      await world.reload();
    },

    'share.audience': async (given: unknown) => {
      const share = await shareOf(given);
      if (share === undefined) return;
      const audience = await pickAudience(world, share.title, share.audience);
      if (audience === undefined) return;
      const latest = (await sidecar.request('shares/list', {})).find(({ shareId }) => shareId === share.shareId);
      // Somebody who was let in or kept out meanwhile would silently not be.
      if (latest !== undefined && !changeOf(share.audience, latest.audience, []).isSame) throw changedMeanwhile(share.title);
      const change = changeOf(share.audience, audience, world.peers);
      if (change.isSame) return;
      const question = changeQuestion(share.title, change);
      if (question !== undefined && !(await confirm(question.message, question.detail, question.action))) return;
      await sidecar.request('shares/setAudience', { shareId: share.shareId, audience });
      await world.reload();
    },
  };
}
