// Offers of files put together with the parts that they do not know: sessions, downloads, peers. Offers are read and downloaded as shares with their ids;
// here it is decided that nobody else sees them.

import { AppError } from '../protocol/errors.ts';
import type { PeerId, ShareId } from '../protocol/ids.ts';
import type { DownloadInfo, EntryRef } from '../protocol/model.ts';
import { sendingHandlers } from './api/sending.ts';
import type { ApiServer } from './api/server.ts';
import { DropBoxes } from './inbox/dropBoxes.ts';
import { Inbox } from './inbox/inbox.ts';
import { Outbox } from './inbox/outbox.ts';
import { Talk } from './inbox/talk.ts';
import type { SendingParts } from './inbox/contract.ts';
import { sendingLimits } from './limits.ts';
import type { Log } from './log.ts';
import type { MeetingHooks } from './meetingHooks.ts';
import type { Transfers } from './nodeTransfers.ts';
import { derivedName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import type { Database } from './storage/database.ts';
import type { SafePath } from './storage/safePath.ts';
import type { DownloadCatalog } from './transfers/downloads/downloadRecord.ts';
import type { SendingMessage } from './wire/sendingMessages.ts';
import type { PeerSession } from './wire/services.ts';

export interface NodeSendingOptions {
  ownPeerId: PeerId;
  database: Database;
  dataFolder: string;
  log: Log;
  /** The configured download folder. */
  downloadFolder(): string;
  /** Real paths of the folders that are shared. */
  sharedFolders(): string[];
  /** These exist by the time that anything is asked. */
  peers: () => Peers;
  sessions: () => Sessions;
  transfers: () => Pick<Transfers, 'downloads'>;
  broadcast: ApiServer['broadcast'];
}

export class NodeSending {
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly dropBoxes: DropBoxes;
  readonly #options: NodeSendingOptions;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: NodeSendingOptions) {
    this.#options = options;
    const { database, dataFolder, log, broadcast } = options;
    const parts: SendingParts = {
      ...{ database, dataFolder, log, talk: new Talk() },
      nameOf: (peerId) => options.peers().get(peerId)?.name ?? derivedName(peerId),
      session: (peerId) => options.sessions().source(peerId),
      viewer: (session) => this.#viewer(session),
    };
    this.outbox = new Outbox({ ...parts, onChange: (offerId) => broadcast('outbox/changed', { offerId }) });
    this.inbox = new Inbox({
      ...parts,
      downloads: () => options.transfers().downloads,
      folder: () => options.downloadFolder(),
      onChange: (offer) => broadcast('inbox/changed', offer),
      onOffered: (row) => void this.dropBoxes.look(row),
      onSettled: (folder) => this.dropBoxes.roomChanged(folder),
    });
    this.dropBoxes = new DropBoxes({
      ...{ database, dataFolder, log },
      coming: (isMeant) => this.inbox.coming(isMeant),
      sharedFolders: () => options.sharedFolders(),
      offered: () => this.inbox.offered(),
      viewer: ({ peerId }) => {
        const session = options.sessions().source(peerId);
        return session && this.#viewer(session);
      },
      nameOf: ({ peerId }) => parts.nameOf(peerId),
      accept: ({ peerId, offerId }, how) => this.inbox.accept(peerId, offerId, how),
      onChange: () => broadcast('dropBoxes/changed', {}),
    });
  }

  /** Told of every session, and of what is said about offers. */
  readonly hooks: MeetingHooks = {
    opened: (session) => this.#met(session),
    updated: (session) => this.#met(session),
    closed: (session) => this.inbox.sessionClosed(session),
    sending: (session, message) => this.#heard(session, message),
  };

  /** After transfers. */
  async open(): Promise<void> {
    await this.inbox.open();
    this.#sweepNow();
    this.#sweep = setInterval(() => this.#sweepNow(), sendingLimits.sweepMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.inbox.close();
    await this.dropBoxes.close();
  }

  handlers(): ReturnType<typeof sendingHandlers> {
    const { ownPeerId, peers } = this.#options;
    return sendingHandlers({
      ...{ outbox: this.outbox, inbox: this.inbox, dropBoxes: this.dropBoxes },
      checkReceiver: (peerId) => {
        if (peerId === ownPeerId) throw new AppError('invalid-argument', 'That is your own key. Choose another peer.');
        if (peers().isBlocked(peerId))
          throw new AppError('invalid-argument', 'You blocked this peer. Unblock it first, then send to it.');
      },
    });
  }

  /** Throws `permission-denied` when what others send would be shared with this folder (its real path). */
  checkShare(root: string): void {
    this.dropBoxes.checkShare(root);
  }

  /** It is blocked or forgotten. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    this.outbox.forgetPeer(peerId);
    await this.inbox.forgetPeer(peerId);
  }

  /** A download changed. */
  downloadChanged(download: DownloadInfo): void {
    this.inbox.downloadChanged(download);
  }

  /** What a peer may have of our offers to it. */
  locate(peerId: PeerId, shareId: ShareId, path: SafePath): ReturnType<Outbox['locate']> {
    return this.outbox.locate(peerId, shareId, path);
  }

  locateMany(peerId: PeerId, shareId: ShareId, paths: readonly SafePath[]): ReturnType<Outbox['locateMany']> {
    return this.outbox.locateMany(peerId, shareId, paths);
  }

  /** A catalog, with what others offered to us beside it. */
  over(catalog: DownloadCatalog): DownloadCatalog {
    const { lists } = this.inbox;
    return {
      stat: (ref) => (this.isOffer(ref) ? lists.stat(ref) : catalog.stat(ref)),
      files: (ref) => (this.isOffer(ref) ? lists.files(ref) : catalog.files(ref)),
      titleOf: (peerId, shareId) =>
        this.isOffer({ peerId, shareId }) ? lists.titleOf(peerId, shareId) : catalog.titleOf(peerId, shareId),
    };
  }

  /** Whether it is of something that was offered to us, rather than of a share. */
  isOffer({ peerId, shareId }: Pick<EntryRef, 'peerId' | 'shareId'>): boolean {
    return this.inbox.lists.row(peerId, shareId) !== undefined;
  }

  /** What it may not know is said, and what it offered before is taken where a rule allows it by now. */
  #met(session: PeerSession): void {
    this.outbox.met(session);
    for (const row of this.inbox.offered(session.peerId)) void this.dropBoxes.look(row);
  }

  #heard(session: PeerSession, message: SendingMessage): void {
    switch (message.type) {
      case 'offer':
        return this.inbox.heard(session, message);
      case 'offerListAsk':
        return this.outbox.listAsked(session, message);
      case 'offerList':
        return this.inbox.listed(session, message);
      case 'offerAnswer':
        return this.outbox.answered(session, message);
      case 'offerEnd':
        return this.inbox.ended(session, message);
    }
  }

  #viewer({ peerId, hello }: PeerSession) {
    return { peerId, partyIds: hello.partyIds, isAddedByKey: this.#options.peers().isAddedByKey(peerId) };
  }

  #sweepNow(): void {
    this.outbox.sweep();
    this.inbox.sweep();
  }
}
