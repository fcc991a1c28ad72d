// Outbox, inbox and drop boxes over hand-made sessions, with a real database and real folders.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { encode } from 'z32';
import { AppError } from '../../../../src/protocol/errors.ts';
import { isOfferId, isPeerId, type OfferId, type PartyId, type PeerId } from '../../../../src/protocol/ids.ts';
import type { DownloadInfo, DownloadState } from '../../../../src/protocol/model.ts';
import type { SendingParts } from '../../../../src/sidecar/inbox/contract.ts';
import { DropBoxes } from '../../../../src/sidecar/inbox/dropBoxes.ts';
import { Inbox } from '../../../../src/sidecar/inbox/inbox.ts';
import { encodeManifest } from '../../../../src/sidecar/inbox/manifest.ts';
import { Outbox } from '../../../../src/sidecar/inbox/outbox.ts';
import { Talk } from '../../../../src/sidecar/inbox/talk.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import type { SendingMessage } from '../../../../src/sidecar/wire/sendingMessages.ts';
import type { PeerSession } from '../../../../src/sidecar/wire/services.ts';

export const ben = peerOf(1);
export const cat = peerOf(2);
export const never = new AbortController().signal;

export interface Said extends PeerSession {
  said: SendingMessage[];
}

interface SaidOptions {
  isKnown?: boolean;
  isOutdated?: boolean;
}

/** A session as far as offers use one. */
export function sessionOf(peerId: PeerId, { isKnown = true, isOutdated = false }: SaidOptions = {}): Said {
  const said: SendingMessage[] = [];
  const session: Partial<Said> = {
    ...{ said, peerId, isOpen: true, understands: () => !isOutdated },
    hello: {
      ...{ nickname: '', agent: '', capabilities: [], provenIds: [], intents: 0 },
      partyIds: isKnown ? ['y'.repeat(52) as PartyId] : [],
    },
    meet: (message) => void said.push(message as SendingMessage),
  };
  return session as Said;
}

export function scene(t: TestContext) {
  const folder = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'pl-sending-')));
  const dataFolder = path.join(folder, 'data');
  mkdirSync(dataFolder);
  const database = new Database(dataFolder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const clock = { nowMs: Date.now() };
  /** Who is here. */
  const sessions = new Map<PeerId, PeerSession>();
  const friends = new Set<PeerId>();
  const names = new Map<PeerId, string>();
  const parts: SendingParts = {
    ...{ database, dataFolder, talk: new Talk(), log: silentLog },
    nameOf: (peerId) => names.get(peerId) ?? 'somebody',
    session: (peerId) => sessions.get(peerId),
    viewer: ({ peerId, hello }) => ({ peerId, partyIds: hello.partyIds, isAddedByKey: friends.has(peerId) }),
    now: () => clock.nowMs,
  };
  return { folder, database, parts, clock, sessions, friends, names };
}

/** A file of so many bytes, offered to ben. */
export async function outboxScene(t: TestContext) {
  const world = scene(t);
  const make = (): Outbox => new Outbox({ ...world.parts, onChange: () => undefined });
  const file = path.join(world.folder, 'a.txt');
  writeFileSync(file, 'a');
  const outbox = make();
  const send = (more: Partial<Parameters<Outbox['send']>[1]> = {}) =>
    outbox.send(ben, { paths: [file], text: '', expiresInMs: 60_000, signal: never, ...more });
  const { offerId } = await send();
  return { ...world, outbox, make, file, send, offerId };
}

/** An inbox over a queue in which nothing moves by itself. */
export function inboxScene(t: TestContext) {
  const world = scene(t);
  const { parts } = world;
  const cancelled: string[] = [];
  /** Done as a download is added. */
  const onAdding: (() => Promise<void>)[] = [];
  const downloads: DownloadInfo[] = [];
  const find = (downloadId: string) => downloads.find((each) => each.downloadId === downloadId);
  const found = (downloadId: string, state: DownloadState): Promise<DownloadInfo> => {
    const download = find(downloadId);
    if (download === undefined) return Promise.reject(new AppError('not-found', 'It was cleared.'));
    download.state = state;
    return Promise.resolve({ ...download });
  };
  const shared: string[] = [];
  const looks: Promise<void>[] = [];
  /** Drop boxes have looked at all that came. */
  const settled = () => Promise.all(looks);
  const make = () => {
    const inbox: Inbox = new Inbox({
      ...parts,
      downloads: () => ({
        add: async (entry, { folder = '' }) => {
          const destination = path.join(folder, entry.path);
          const downloadId = offerIdOf(500 + downloads.length);
          const download = { downloadId, entry, destination, state: 'queued' } as unknown as DownloadInfo;
          downloads.push(download);
          await onAdding.shift()?.();
          return { ...download };
        },
        list: () => downloads.map((each) => ({ ...each })),
        retry: (downloadId) => found(downloadId, 'queued'),
        cancel: (downloadId) => {
          cancelled.push(downloadId);
          return found(downloadId, 'cancelled');
        },
      }),
      folder: () => '/downloads',
      onChange: () => undefined,
      onOffered: (row) => void looks.push(boxes.look(row)),
      onSettled: (folder) => boxes.roomChanged(folder),
    });
    const boxes: DropBoxes = new DropBoxes({
      ...parts,
      coming: (isMeant) => inbox.coming(isMeant),
      offered: () => inbox.offered(),
      viewer: ({ peerId }) => ({ peerId, partyIds: ['y'.repeat(52) as PartyId], isAddedByKey: world.friends.has(peerId) }),
      nameOf: ({ peerId }) => parts.nameOf(peerId),
      accept: ({ peerId, offerId }, how) => inbox.accept(peerId, offerId, how),
      sharedFolders: () => shared,
      onChange: () => undefined,
    });
    t.after(() => inbox.close());
    return { inbox, boxes };
  };
  /** The queue tells of a download. */
  const changed = (inbox: Inbox, downloadId: string | undefined, state: DownloadState): void => {
    const download = find(downloadId ?? '') ?? assert.fail('no such download');
    download.state = state;
    inbox.downloadChanged({ ...download });
  };
  /** As after a restart. */
  const restart = async () => {
    const made = make();
    await made.inbox.open();
    return made;
  };
  return { ...world, ...make(), restart, downloads, changed, cancelled, onAdding, shared, settled };
}

export function offerOf(number: number, names: readonly string[] = ['a.txt'], sizeBytes = 5) {
  const list = encodeManifest(names.map((name) => ({ path: name, kind: 'file', sizeBytes, mtimeMs: 1 })));
  const totalBytes = names.length * sizeBytes;
  const counts = { fileCount: names.length, folderCount: 0, totalBytes, listBytes: list.byteLength };
  return { offer: { offerId: offerIdOf(number), text: '', expiresInMs: 60_000, ...counts }, list };
}

export function deliver(inbox: Inbox, session: PeerSession, ...what: Parameters<typeof offerOf>): OfferId {
  const { offer, list } = offerOf(...what);
  inbox.heard(session, offer);
  inbox.listed(session, { offerId: offer.offerId, offset: 0, bytes: list });
  return offer.offerId;
}

export function offerIdOf(number: number): OfferId {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number);
  const id = encode(bytes);
  return isOfferId(id) ? id : assert.fail('no offer id');
}

export function peerOf(number: number): PeerId {
  const id = encode(Buffer.alloc(32, number));
  return isPeerId(id) ? id : assert.fail('no peer id');
}

export function isKind(kind: AppError['kind']): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.kind === kind;
}
