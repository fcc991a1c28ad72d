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
  /** Dials to members known by hearsay, under way at once. */
  hearsayDials: 4,
  /** Requests for access kept, one a key; the oldest go. */
  accessRequests: 100,
  /** Characters of its text. */
  accessCharacters: 128,
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
  /** Dials under way, and how long after a failed one the same place is tried again. */
  dialsAtOnce: 8,
  redialMs: 15_000,
  connectMs: 3_000,
  handshakeMs: 5_000,
  /** Connections that have not proven a key: in all, and from one address. */
  pending: 64,
  pendingPerAddress: 4,
  /** How often interfaces are looked at: nothing tells when they change. */
  interfacesMs: 5_000,
  /** One packet. */
  packetBytes: 9 * KiB,
} as const;

/** What strangers may cost before they are anybody. */
export const admissionLimits = {
  /** Handshakes in progress: in all, from one address (a household or an office behind one NAT), and of one key. */
  handshakes: 128,
  handshakesPerAddress: 16,
  /** Connections of one key: the old one and its replacement. From one address: an office behind one NAT. */
  connectionsPerKey: 2,
  connectionsPerAddress: 64,
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
  /** Bans and counts remembered; the oldest go. */
  remembered: 10_000,
} as const;

/** Relays. */
export const relayLimits = {
  /** Streams that we relay for others at once, and for one key. */
  streams: 16,
  streamsPerKey: 2,
  /** A relay that did not answer is not asked again for so long. */
  retryMs: 60_000,
} as const;
