// Requests about peers and settings. What a change means for sessions is the node's business: it hands in the verbs.

import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { PartyInfo, PeerInfo, Settings, SidecarStatus } from '../../protocol/model.ts';
import type { Handlers } from './handlers.ts';
import { type Fields, fieldsOf, peerIdField, textField } from './params.ts';

export interface Meeting {
  /** As `parties/join`: for those who learn of a name otherwise. */
  joinParty(name: string, how?: { label?: string }): PartyInfo;
  peers(): PeerInfo[];
  connectPeer(peerId: PeerId): PeerInfo;
  disconnectPeer(peerId: PeerId): void;
  forgetPeer(peerId: PeerId): Promise<void>;
  blockPeer(peerId: PeerId): Promise<PeerInfo>;
  unblockPeer(peerId: PeerId): PeerInfo;
  ping(peerId: PeerId): Promise<number>;
  setPetname(peerId: PeerId, petname: string): PeerInfo;
  settings(): Settings;
  setSettings(changes: Partial<Settings>): Promise<Settings>;
  status(): SidecarStatus;
  /** Starts closing; returns at once. */
  stop(): void;
}

export function meetingHandlers(meeting: Meeting): Handlers<'peers' | 'settings' | 'sidecar' | 'log'> {
  return {
    'sidecar/status': () => meeting.status(),
    'sidecar/stop': () => {
      setImmediate(() => meeting.stop()); // The answer goes out first.
      return {};
    },
    'log/subscribe': (fields, { caller }) => {
      caller.subscribeToLog(levelField(fields));
      return {};
    },
    'settings/get': () => meeting.settings(),
    'settings/set': (fields) => meeting.setSettings(fieldsOf(fields)),
    'peers/list': () => meeting.peers(),
    'peers/connect': (fields) => meeting.connectPeer(peerIdField(fields)),
    'peers/disconnect': (fields) => {
      meeting.disconnectPeer(peerIdField(fields));
      return {};
    },
    'peers/forget': async (fields) => {
      await meeting.forgetPeer(peerIdField(fields));
      return {};
    },
    'peers/block': (fields) => meeting.blockPeer(peerIdField(fields)),
    'peers/unblock': (fields) => meeting.unblockPeer(peerIdField(fields)),
    'peers/ping': async (fields) => ({ roundTripMs: await meeting.ping(peerIdField(fields)) }),
    'peers/setPetname': (fields) => meeting.setPetname(peerIdField(fields), textField(fields, 'petname', 64)),
  };
}

function levelField(fields: Fields): 'debug' | 'info' | 'warn' | 'error' {
  const level = fields['level'];
  if (level === 'debug' || level === 'info' || level === 'warn' || level === 'error') return level;
  throw new AppError('invalid-argument', 'The parameter level is not debug, info, warn or error.');
}
