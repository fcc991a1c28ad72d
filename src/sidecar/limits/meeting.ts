// Parties, codes, invites, gossip, the local network, relays, and what strangers may cost. Every maximum and deadline with its reason: see limits.ts.

import { KiB } from './units.ts';

/** Codes, invites, lists, gossip, requests for access. */
export const meetingLimits = {
  /** A code as pasted: key, signature, 8 addresses and a party's name are under 700 characters; more is not read. */
  codeCharacters: 2048,
  /** Addresses in a code. */
  codeAddresses: 8,
  /** How far a clock may be off: codes, lists and records from so far in the future are taken, and so long past their end. */
  clockSkewMs: 26 * 3_600_000,
  /** An invite without another word. */
  inviteMs: 7 * 24 * 3_600_000,
  /** Invites of ours that are kept, ended ones included; those ended first go first. And accepted ones that wait. */
  invites: 1000,
  pendingInvites: 100,
  /** Uses remembered of one invite. */
  inviteUses: 1000,
  /** The longest that a code or an invite with an end may last: ten years, beyond which nobody thinks. */
  codeMaxMs: 3650 * 24 * 3_600_000,
  /** Invites that one peer may redeem over one connection: it has at most so many waiting, and may ask for each again. */
  redeems: 200,
  /** An inviter that was busy (its disk was full) is asked again after so long. */
  redeemAgainMs: 60_000,
  /** Wrong tokens that a key may say before it is banned for a while: a right one has 128 bits, so all are guesses. */
  wrongTokens: 5,
  /** Members on the list of a closed party: 32 KiB and a signature in one message. */
  listedMembers: 1024,
  /** After its hello a member of a closed party has so long to show a list that names it. */
  rosterMs: 5_000,
  /** Records of members told in one message, and how often at most they are told. */
  memberRecords: 64,
  memberRecordsMs: 10_000,
  /** Members known by hearsay, of one party: beyond it the oldest go. */
  hearsayMembers: 1024,
  /** How long a record of a member is good. */
  memberRecordMs: 3_600_000,
  /** Dials to members known by hearsay, under way at once, and how long each may take; the wait before a failed one is tried again, doubled up to the most. */
  hearsayDials: 4,
  hearsayDialMs: 15_000,
  /** Addresses of one of them that are tried before its key is looked up: each may take some seconds. */
  hearsayPlaces: 2,
  hearsayRedialMs: 30_000,
  hearsayRedialMaxMs: 1_800_000,
  /** Of those that one peer tells of, as many as it can be connected to: beyond it its own oldest go, not those of others. */
  hearsayOfOne: 256,
  /** How often those known by hearsay and not connected are looked through. */
  hearsayLookMs: 60_000,
  /** Parties told of to one peer in one go (records), and lists of closed ones: at once, and a second. A peer takes 64 such messages, and 8 a second. */
  memberMessages: 16,
  rosterMessagesBurst: 24,
  rosterMessagesPerSecond: 2,
  /** After a hello of ours changed, it is on its way for so long: what depends on it is told later. */
  helloUnderwayMs: 500,
  /** Signatures under records that one peer tells, checked at once and a second: 40 us each. What is more is not looked at. */
  memberChecksBurst: 2048,
  memberChecksPerSecond: 64,
  /** Addresses in a record, and the bytes of its nickname: it has 512 bytes in all. */
  memberAddresses: 4,
  memberNicknameBytes: 128,
  /** Members of one party remembered; beyond it those seen longest ago go. */
  rememberedMembers: 4096,
  /** Requests for access kept, one a key; the oldest go. */
  accessRequests: 100,
  /** Requests heard of one session, each a write to the disk: at once, and one in so many seconds; others are as if never said. */
  accessBurst: 5,
  accessSeconds: 60,
  /** Characters of its text. */
  accessCharacters: 128,
  /** A peer that was denied does not wait here again for so long, and so many are remembered until the next start. */
  deniedMs: 24 * 3_600_000,
  deniedPeers: 1000,
  /** Who says that it has an invite has so long to exchange it and show that it is a member. */
  inviteWaitMs: 60_000,
  /** A newer connection of a peer takes the older one's place so often at once, and once in so many seconds for long: a key in use twice goes on for ever. */
  replacements: 8,
  replacementSeconds: 60,
  replacedPeers: 1000,
  replacedAnswerMs: 3_000,
  /** Audience: parties and peers named. */
  audienceParties: 64,
  audiencePeers: 1024,
} as const;

/** The local network. */
export const lanLimits = {
  /** How often we say that we are here, and ask who is: RFC 6762 wants a second at least. More often right after a start or a change. */
  announceMs: 30_000,
  earlyMs: [0, 250, 1_000, 3_000],
  /** Tokens change so often: a neighbour cannot follow somebody for longer. The one before and the one after count, too. */
  tokenMs: 600_000,
  /** Answers looked at a second, and in one go; the rest is dropped. */
  answersPerSecond: 50,
  answersBurst: 200,
  /** Dials under way, in all and to one address, and how long after a failed one the same place is tried again. */
  dialsAtOnce: 8,
  dialsPerHost: 2,
  redialMs: 15_000,
  connectMs: 3_000,
  handshakeMs: 5_000,
  /** Connections that have not proven a key: in all, and from one address. */
  pending: 64,
  pendingPerAddress: 4,
  /** How often interfaces are looked at: nothing tells when they change. */
  interfacesMs: 5_000,
  /** One packet that comes; those that go hold so many tokens, 100 B each: they stay whole also where IPv6 has its least, 1,280 B. */
  packetBytes: 9 * KiB,
  tokensInPacket: 8,
  /** A question is answered after so long, and not again within the second: RFC 6762, 6. */
  answerMs: [20, 120],
  answerAgainMs: 1_000,
  /** Packets of one neighbour looked at: it does not use up what is there for all. */
  neighbourPerSecond: 10,
  neighbourBurst: 60,
  neighbours: 256,
  /** Parties and peers added by key that are sought: each costs 313 tokens of 150 B, and half a millisecond once. */
  secrets: 128,
  /** Interfaces, and addresses looked at in one answer. */
  interfaces: 16,
  hosts: 8,
  /** Places where somebody was seen; the oldest go. A failed one waits twice as long each time, up to this. */
  places: 256,
  redialMaxMs: 600_000,
  /** Of two that hear of each other one dials at once, the other after so long. */
  secondDialMs: 700,
  /** Two connections of one pair within so long were made without knowing of each other: one rule for both sides decides. */
  raceMs: 1_500,
} as const;

/** What strangers may cost before they are anybody. A known key is one in the book of peers: an address never counts against it. */
export const admissionLimits = {
  /** Handshakes of strangers in progress: in all, from one address (a household or an office behind one NAT), and of one key, known or not. */
  handshakes: 128,
  handshakesPerAddress: 16,
  handshakesPerKey: 4,
  /** And of known keys beside them: a flood of strangers keeps no friend out. */
  knownHandshakes: 128,
  /** From the handshake's answer to the first byte on the connection: hyperdht gives up on its own after 10 s. */
  handshakeMs: 10_000,
  /** First packets of handshakes looked at, each 0.5 ms: from one address, and from all together. Addresses of UDP may be forged, so nobody is banned. */
  knocksBurst: 64,
  knocksPerSecond: 4,
  allKnocksBurst: 256,
  allKnocksPerSecond: 100,
  /** Addresses where known peers were: their knocks do not count among all together. */
  friendlyAddresses: 1024,
  /** Addresses taken from a handshake: a peer has a few interfaces; one packet could name 10,000. */
  addresses: 8,
  /** Connections of one key: the old one and its replacement, on two transports. From one address: an office behind one NAT. */
  connectionsPerKey: 4,
  connectionsPerAddress: 64,
  /** Connections of keys that were not known when they came, and are not yet, of 256 in all: the rest is for friends. */
  unknownConnections: 192,
  /** New connections of one key and one address: at once, and a second for long. */
  connectsBurst: 20,
  connectsPerSecond: 0.5,
  /** Peers that proved nothing, connected at once: they wait to be accepted. */
  strangers: 32,
  /** Offences (broken rules, limits passed) within the window that lead to a ban, and how long it lasts: doubled each time up to the most. */
  offences: 3,
  offenceWindowMs: 600_000,
  banMs: 600_000,
  banMaxMs: 24 * 3_600_000,
  /** How often bans that are over are taken away. */
  sweepMs: 30_000,
  /** Bans and counts remembered, 200 B each; the oldest go. Handshakes remembered against replays, likewise. */
  remembered: 10_000,
} as const;

/** Relays. */
export const relayLimits = {
  /** Streams that we relay for others at once, and for one key. */
  streams: 16,
  streamsPerKey: 2,
  /** A relay that did not answer is not asked again for so long; of so many this is remembered. */
  retryMs: 60_000,
  remembered: 100,
  /** Connections to relays for streams of ours: a peer may name one, too. */
  inUse: 64,
} as const;
