// The `potluck/1` channel: message types by number, each with its encoding and its size limit, joined to who handles and who sends them.
// Knows neither what a message means nor when it may be sent. The numbers are part of the protocol: docs/wire-protocol.md.

import type { Channel, Encoding } from 'protomux';
import { wireLimits } from '../limits.ts';
import type { AskMessages } from './asking.ts';
import * as catalogCodec from './catalogCodec.ts';
import * as codec from './codec.ts';
import { peerGone } from './errors.ts';
import type { GuardedMuxer } from './guardedMuxer.ts';
import type { ServeMessages } from './serving.ts';
import type { SignedAnnouncement } from './services.ts';

export const channelProtocol = 'potluck/1';

/** What comes in, by type; each may throw AppError `protocol`. */
export interface ChannelHandlers {
  onHello(message: codec.HelloMessage): void;
  onAnnouncements(message: SignedAnnouncement[]): void;
  onUpdate(message: catalogCodec.UpdateMessage): void;
  onRemovals(message: SignedAnnouncement[]): void;
  onPassOn(message: catalogCodec.PassOnMessage): void;
  onPing(id: number): void;
  onPong(id: number): void;
  asking: {
    onHead(message: codec.ForRequest<codec.HeadMessage>): void;
    onData(message: codec.DataMessage): void;
    onEnd(message: codec.EndMessage): void;
    onHashes(message: Parameters<ServeMessages['hashes']>[0]): void;
    onFound(message: catalogCodec.FoundMessage): void;
    onRefused(message: codec.ForRequest<{ code: number }>): void;
    onWorking(message: { requestId: number }): void;
  };
  serving: {
    onRead(message: Parameters<AskMessages['read']>[0]): void;
    onHashes(message: Parameters<AskMessages['hashes']>[0]): void;
    onSearch(message: catalogCodec.SearchMessage): void;
    onCredit(message: codec.ForRequest<{ bytes: number }>): void;
    onCancel(message: { requestId: number }): void;
  };
  /** Asked before every message; throws when it may not come now, answers false when nothing is taken any more. */
  mayTake(type: 'hello' | 'other'): boolean;
  /** The peer closed the channel or does not know it. */
  onClose(): void;
}

export interface PotluckChannel {
  hello(message: codec.HelloMessage): void;
  announcements(message: SignedAnnouncement[]): void;
  update(message: catalogCodec.UpdateMessage): void;
  removals(message: SignedAnnouncement[]): void;
  passOn(message: catalogCodec.PassOnMessage): void;
  ping(id: number): void;
  pong(id: number): void;
  ask: AskMessages;
  serve: ServeMessages;
}

/** Opens the channel and says nothing on it yet. */
export function openChannel(muxer: GuardedMuxer, handlers: ChannelHandlers): PotluckChannel {
  const channel = muxer.createChannel({
    protocol: channelProtocol,
    onclose: () => handlers.onClose(),
  });
  if (!channel) throw peerGone('it was closed before the session began');
  const { asking, serving } = handlers;
  // The order is the type number: only ever append.
  const hello = add(codec.hello, 'hello', (message) => handlers.onHello(message));
  const announcements = add(codec.announcements, 'other', (message) => handlers.onAnnouncements(message));
  const ping = add(codec.ping, 'other', (id) => handlers.onPing(id));
  const pong = add(codec.ping, 'other', (id) => handlers.onPong(id));
  const read = add(codec.readRequest, 'other', (message) => serving.onRead(message));
  const head = add(codec.head, 'other', (message) => asking.onHead(message));
  const data = add(codec.data, 'other', (message) => asking.onData(message), wireLimits.dataMessageBytes);
  const end = add(codec.end, 'other', (message) => asking.onEnd(message));
  const hashesRequest = add(codec.hashesRequest, 'other', (message) => serving.onHashes(message));
  const hashes = add(codec.hashesReply, 'other', (message) => asking.onHashes(message));
  const credit = add(codec.credit, 'other', (message) => serving.onCredit(message));
  const cancel = add(codec.cancel, 'other', (message) => serving.onCancel(message));
  const refused = add(codec.refused, 'other', (message) => asking.onRefused(message));
  const working = add(codec.working, 'other', (message) => asking.onWorking(message));
  const update = add(catalogCodec.update, 'other', (message) => handlers.onUpdate(message));
  const removals = add(catalogCodec.removals, 'other', (message) => handlers.onRemovals(message));
  const passOn = add(catalogCodec.passOn, 'other', (message) => handlers.onPassOn(message));
  const search = add(catalogCodec.search, 'other', (message) => serving.onSearch(message));
  const found = add(catalogCodec.found, 'other', (message) => asking.onFound(message));
  channel.open();
  return {
    hello,
    announcements,
    update,
    removals,
    passOn,
    ping,
    pong,
    ask: { read, hashes: hashesRequest, search, credit, cancel },
    serve: { head, data, end, hashes, found, refused, working },
  };

  function add<T>(
    encoding: Encoding<T>,
    type: 'hello' | 'other',
    handle: (message: T) => void,
    maxBytes: number = wireLimits.controlMessageBytes,
  ): (message: T) => void {
    const message = (channel as Channel).addMessage<T>({
      encoding: codec.wholeMessage(encoding, maxBytes),
      onmessage(value) {
        if (handlers.mayTake(type)) handle(value);
      },
    });
    return (value) => void message.send(value);
  }
}
