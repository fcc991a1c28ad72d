// The channels `potluck/1` (a session's own connection) and `potluck/1 bulk` (its direct links): message types by number, each with its
// encoding and its size limit, joined to who handles and who sends them. Knows neither what a message means nor when it may be sent. The
// numbers are part of the protocol: docs/wire-protocol.md.

import type { Encoding, Message } from 'protomux';
import { wireLimits } from '../limits.ts';
import type { AskMessages, Asking } from './asking.ts';
import * as catalogCodec from './catalogCodec.ts';
import * as codec from './codec.ts';
import * as meetingCodec from './meetingCodec.ts';
import type { MeetingMessage } from './meetingMessages.ts';
import * as sendingCodec from './sendingCodec.ts';
import type { SendingMessage } from './sendingMessages.ts';
import { peerGone, protocolViolation } from './errors.ts';
import type { GuardedMuxer } from './guardedMuxer.ts';
import type { ServeMessages, Serving } from './serving.ts';
import type { LinkOffer, SignedAnnouncement } from './services.ts';
import * as transferCodec from './transferCodec.ts';

export const channelProtocol = 'potluck/1';
export const linkProtocol = 'potluck/1 bulk';

/** Numbers above are of newer peers, and ignored. */
const typeCount = 34;

/** What comes in on every carrier, by type; each may throw AppError `protocol`. */
export interface RequestHandlers {
  onPing(id: number): void;
  onPong(id: number): void;
  /** Made after the channel that it sends by. */
  asking(): Asking;
  serving(): Serving;
  /** Asked before every message; throws when it may not come now, answers false when nothing is taken any more. */
  mayTake(type: 'hello' | 'other'): boolean;
  /** The peer closed the channel or does not know it. */
  onClose(): void;
}

/** What comes in on the session's own connection alone. */
export interface SessionHandlers {
  onHello(message: codec.HelloMessage): void;
  onAnnouncements(message: SignedAnnouncement[]): void;
  onUpdate(message: catalogCodec.UpdateMessage): void;
  onRemovals(message: SignedAnnouncement[]): void;
  onPassOn(message: catalogCodec.PassOnMessage): void;
  onLinkOffer(message: LinkOffer): void;
  onMeeting(message: MeetingMessage): void;
}

export interface RequestChannel {
  ping(id: number): void;
  pong(id: number): void;
  ask: AskMessages;
  serve: ServeMessages;
}

export interface SessionChannel extends RequestChannel {
  hello(message: codec.HelloMessage): void;
  announcements(message: SignedAnnouncement[]): void;
  update(message: catalogCodec.UpdateMessage): void;
  removals(message: SignedAnnouncement[]): void;
  passOn(message: catalogCodec.PassOnMessage): void;
  linkOffer(message: LinkOffer): void;
  meeting(message: MeetingMessage): void;
}

/** Opens the channel of a session and says nothing on it yet. */
export function openSessionChannel(muxer: GuardedMuxer, handlers: RequestHandlers & SessionHandlers): SessionChannel {
  const table = new MessageTable(handlers);
  const requests = addRequests(table, handlers, { data: codec.data, dataMessageBytes: wireLimits.dataMessageBytes });
  const search = table.add(17, catalogCodec.search, (message) => handlers.serving().onSearch(message));
  const found = table.add(18, catalogCodec.found, (message) => handlers.asking().onFound(message));
  const channel = {
    ...requests,
    ask: { ...requests.ask, search },
    serve: { ...requests.serve, found },
    hello: table.add(0, codec.hello, (message) => handlers.onHello(message), { group: 'hello' }),
    announcements: table.add(1, codec.announcements, (message) => handlers.onAnnouncements(message)),
    update: table.add(14, catalogCodec.update, (message) => handlers.onUpdate(message)),
    removals: table.add(15, catalogCodec.removals, (message) => handlers.onRemovals(message)),
    passOn: table.add(16, catalogCodec.passOn, (message) => handlers.onPassOn(message)),
    linkOffer: table.add(22, transferCodec.linkOffer, (message) => handlers.onLinkOffer(message)),
    meeting: addMeeting(table, handlers),
  };
  table.open(muxer, channelProtocol);
  return channel;
}

/** The same for a direct link: requests and nothing else, with larger slices. */
export function openLinkChannel(muxer: GuardedMuxer, handlers: RequestHandlers): RequestChannel {
  const table = new MessageTable(handlers);
  const slices = { data: codec.linkData, dataMessageBytes: wireLimits.linkDataMessageBytes };
  const channel = addRequests(table, handlers, slices);
  table.open(muxer, linkProtocol);
  return channel;
}

function addMeeting(table: MessageTable, handlers: SessionHandlers): (message: MeetingMessage) => void {
  const redeem = table.add(23, meetingCodec.redeem, (message) => handlers.onMeeting({ type: 'redeem', ...message }));
  const redeemed = table.add(24, meetingCodec.redeemed, (message) => handlers.onMeeting({ type: 'redeemed', ...message }));
  const roster = table.add(25, meetingCodec.roster, (message) => handlers.onMeeting({ type: 'roster', ...message }));
  const members = table.add(26, meetingCodec.members, (message) => handlers.onMeeting({ type: 'members', ...message }));
  const access = table.add(27, meetingCodec.access, (message) => handlers.onMeeting({ type: 'access', ...message }));
  const relay = table.add(28, meetingCodec.relay, (message) => handlers.onMeeting({ type: 'relay', ...message }));
  const sending = addSending(table, (message) => handlers.onMeeting(message));
  return (message) => {
    switch (message.type) {
      case 'redeem':
        return redeem(message);
      case 'redeemed':
        return redeemed(message);
      case 'roster':
        return roster(message);
      case 'members':
        return members(message);
      case 'access':
        return access(message);
      case 'relay':
        return relay(message);
      default:
        return sending(message);
    }
  };
}

function addSending(table: MessageTable, onMeeting: (message: SendingMessage) => void): (message: SendingMessage) => void {
  const offer = table.add(29, sendingCodec.offer, (message) => onMeeting({ type: 'offer', ...message }));
  const ask = table.add(30, sendingCodec.offerListAsk, (message) => onMeeting({ type: 'offerListAsk', ...message }));
  const list = table.add(31, sendingCodec.offerList, (message) => onMeeting({ type: 'offerList', ...message }));
  const answer = table.add(32, sendingCodec.offerAnswer, (message) => onMeeting({ type: 'offerAnswer', ...message }));
  const end = table.add(33, sendingCodec.offerEnd, (message) => onMeeting({ type: 'offerEnd', ...message }));
  return (message) => {
    switch (message.type) {
      case 'offer':
        return offer(message);
      case 'offerListAsk':
        return ask(message);
      case 'offerList':
        return list(message);
      case 'offerAnswer':
        return answer(message);
      case 'offerEnd':
        return end(message);
    }
  };
}

function addRequests(
  table: MessageTable,
  handlers: RequestHandlers,
  slices: { data: Encoding<codec.DataMessage>; dataMessageBytes: number },
): RequestChannel {
  return {
    ping: table.add(2, codec.ping, (id) => handlers.onPing(id)),
    pong: table.add(3, codec.ping, (id) => handlers.onPong(id)),
    ask: {
      search: nothing, // The session's own connection alone.
      read: table.add(4, codec.readRequest, (message) => handlers.serving().onRead(message)),
      hashes: table.add(8, codec.hashesRequest, (message) => handlers.serving().onHashes(message)),
      credit: table.add(10, codec.credit, (message) => handlers.serving().onCredit(message)),
      cancel: table.add(11, codec.cancel, (message) => handlers.serving().onCancel(message)),
      pack: table.add(19, transferCodec.pack, (message) => handlers.serving().onPack(message)),
      holding: table.add(20, transferCodec.holding, (message) => handlers.serving().onHolding(message)),
    },
    serve: {
      found: nothing,
      head: table.add(5, codec.head, (message) => handlers.asking().onHead(message)),
      data: table.add(6, slices.data, (message) => handlers.asking().onData(message), { maxBytes: slices.dataMessageBytes }),
      end: table.add(7, codec.end, (message) => handlers.asking().onEnd(message)),
      hashes: table.add(9, codec.hashesReply, (message) => handlers.asking().onHashes(message)),
      refused: table.add(12, codec.refused, (message) => handlers.asking().onRefused(message)),
      working: table.add(13, codec.working, (message) => handlers.asking().onWorking(message)),
      held: table.add(21, transferCodec.held, (message) => handlers.asking().onHeld(message)),
    },
  };
}

/** Messages by number, in any order, until the channel is opened with all of them. Those that are left out are refused. */
class MessageTable {
  readonly #handlers: RequestHandlers;
  readonly #messages: (((channel: Parameters<typeof addTo>[0]) => void) | undefined)[] = [];

  constructor(handlers: RequestHandlers) {
    this.#handlers = handlers;
  }

  /** Answers what sends such a message, once the channel is open. */
  add<T>(
    type: number,
    encoding: Encoding<T>,
    handle: (message: T) => void,
    { maxBytes = wireLimits.controlMessageBytes, group = 'other' }: { maxBytes?: number; group?: 'hello' | 'other' } = {},
  ): (message: T) => void {
    let message: Message<T> | undefined;
    this.#messages[type] = (channel) => {
      message = addTo(channel, codec.wholeMessage(encoding, maxBytes), (value) => {
        if (this.#handlers.mayTake(group)) handle(value);
      });
    };
    return (value) => void message?.send(value);
  }

  open(muxer: GuardedMuxer, protocol: string): void {
    const channel = muxer.createChannel({ protocol, onclose: () => this.#handlers.onClose() });
    if (!channel) throw peerGone('it was closed before the session began');
    for (let type = 0; type < typeCount; type++) {
      const add = this.#messages[type];
      if (add) add(channel);
      else addTo(channel, refused, () => undefined);
    }
    channel.open();
  }
}

function addTo<T>(
  channel: NonNullable<ReturnType<GuardedMuxer['createChannel']>>,
  encoding: Encoding<T>,
  onmessage: (value: T) => void,
): Message<T> {
  return channel.addMessage<T>({ encoding, onmessage });
}

function nothing(): void {}

/** A message that has no place on this channel. */
const refused: Encoding<never> = {
  preencode: () => undefined,
  encode: () => undefined,
  decode() {
    throw protocolViolation('it sends over a direct link what belongs to the session');
  },
};
