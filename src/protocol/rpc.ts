// The JSON-RPC contract: every request and notification between a client (extension, CLI, other editors) and the sidecar.
// Transport: vscode-jsonrpc's Content-Length framing over a Unix domain socket, a named pipe, or stdio. Every failure carries
// an ErrorKind as its code (errors.ts). Requests may be cancelled by JSON-RPC's `$/cancelRequest`.

import type { BoardRequests } from './boardRequests.ts';
import type { CompareRequests } from './compare.ts';
import type { ContentId, DownloadId, InviteId, PartyId, PeerId, ShareId, WatchId } from './ids.ts';
import type {
  AccessRequest,
  Audience,
  BannedPeer,
  CatalogShare,
  CodeContents,
  ConflictPolicy,
  DownloadInfo,
  DownloadMark,
  Entry,
  EntryDetails,
  EntryRef,
  FetchedFile,
  HistoryEntry,
  InviteInfo,
  LinkedContentInfo,
  LinkEntry,
  LinkForm,
  LinkSource,
  LinkStatus,
  LinkSummary,
  LinkVerification,
  ListOrder,
  ListPage,
  LogEntry,
  LogLevel,
  MergedPage,
  NetReport,
  OwnCode,
  PartyInfo,
  PartyMember,
  PeerInfo,
  PendingInvite,
  Priority,
  RefusedPeer,
  SearchHit,
  SearchPage,
  Settings,
  ShareInfo,
  ShareMark,
  SharePreview,
  SidecarStatus,
  TransferRates,
  TransferTotals,
  UploadInfo,
  WatchedSearch,
} from './model.ts';
import type { SendingNotifications, SendingRequests } from './sending.ts';

/** Raised by one whenever a client of the old version could not talk to the new sidecar, or the other way round. */
export const protocolVersion = 5;

/** `params` and `result` of every request. `session/hello` must come first; all else is refused with `unauthorized` before it. */
export interface Requests extends BoardRequests, CompareRequests, SendingRequests {
  /** Proves the token and agrees on the version. `incompatible` when the versions differ; the newer side decides who leaves. */
  'session/hello': {
    params: { token: string; client: string; clientVersion: string; protocolVersion: number };
    result: { sidecarVersion: string; protocolVersion: number; peerId: PeerId; pid: number };
  };

  'sidecar/status': { params: Record<string, never>; result: SidecarStatus };
  /** Closes everything in order and exits; the answer comes before. */
  'sidecar/stop': { params: Record<string, never>; result: Record<string, never> };
  /** From now on `log/entry` is sent to this client for entries of this level and above; the last 200 are sent at once. */
  'log/subscribe': { params: { level: LogLevel }; result: Record<string, never> };

  'settings/get': { params: Record<string, never>; result: Settings };
  /** Changes what is given, at once. `invalid-argument` names the setting. */
  'settings/set': { params: Partial<Settings>; result: Settings };

  'parties/list': { params: Record<string, never>; result: PartyInfo[] };
  /** Joins and remembers. Name: 1 to 128 characters after trimming. Joining twice answers the same party. */
  'parties/join': { params: { name: string }; result: PartyInfo };
  /**
   * Makes a party with a random 128-bit name and joins it. `isClosed`: only keys on its list are let in; the list is kept and signed by us, its
   * founder, whose key is in the name. `label`: as `parties/setLabel`.
   */
  'parties/create': { params: { isClosed?: boolean; label?: string }; result: PartyInfo };
  /**
   * What the party is called here: one line, made safe, of at most 64 characters; '' takes it away. Others see it in invites that were given no other
   * label. `invalid-argument` when the secret name is in it, `not-found`.
   */
  'parties/setLabel': { params: { partyId: PartyId; label: string }; result: PartyInfo };
  'parties/leave': { params: { partyId: PartyId }; result: Record<string, never> };
  /** Ourselves first, then online ones, then by when they were seen. `not-found` when we are not in it. */
  'parties/members': { params: { partyId: PartyId }; result: PartyMember[] };
  /** Of a closed party that we founded: puts a key on its list, or takes it off; at once for all members who can be reached. `permission-denied` else. */
  'parties/admit': { params: { partyId: PartyId; peerId: PeerId }; result: PartyInfo };
  'parties/expel': { params: { partyId: PartyId; peerId: PeerId }; result: PartyInfo };

  /** What a pasted text, URI or deep link says. Never touches the network. `invalid-argument` says what is wrong with it: checksum, length, version, signature. */
  'codes/inspect': { params: { text: string }; result: CodeContents };
  /**
   * Does what the code says: adds the peer and reaches for it; joins the party of a `party` code; keeps an invite until its peer exchanged it.
   * The client has asked the user before. `expired`ones are `invalid-argument`; our own, too.
   */
  'codes/accept': { params: { text: string }; result: { contents: CodeContents; party?: PartyInfo; pending?: PendingInvite } };
  /**
   * A code with our key and addresses, and a party's name when asked for (whoever has it is a member then, for ever: see `invites/create`).
   * `expiresInMs` left out, or 0: without end; at most ten years.
   */
  'codes/own': { params: { partyId?: PartyId; expiresInMs?: number }; result: OwnCode };
  /**
   * `label` left out: the code calls the party by its label here, if it has one; '': by nothing. `uses` 1 = one-shot, at most 1,000; left out: any number. `expiresInMs` left out: a week; 0: without end; at most ten years. Everybody who uses
   * it needs us to be online once. `permission-denied` for a closed party of somebody else.
   */
  'invites/create': { params: { partyId: PartyId; label?: string; uses?: number; expiresInMs?: number }; result: InviteInfo };
  'invites/list': { params: Record<string, never>; result: InviteInfo[] };
  /** Nobody can use it any more. Who did stays a member, unless the party is closed and it is expelled. */
  'invites/revoke': { params: { inviteId: InviteId }; result: InviteInfo };
  /** Accepted here and not exchanged yet. */
  'invites/pending': { params: Record<string, never>; result: PendingInvite[] };
  'invites/drop': { params: { inviteId: InviteId }; result: Record<string, never> };

  /** Who asked to be let in and was not answered, newest first. */
  'access/list': { params: Record<string, never>; result: AccessRequest[] };
  /** Adds the peer (as `peers/connect`), or to the audience of the share that it asked for. */
  'access/grant': { params: { peerId: PeerId }; result: Record<string, never> };
  'access/deny': { params: { peerId: PeerId }; result: Record<string, never> };
  /** Asks a peer that we added by key to let us in. `text`: at most 128 characters. Kept until it is connected. */
  'access/ask': { params: { peerId: PeerId; text?: string }; result: Record<string, never> };

  /** What works, what does not, what to do. Takes up to 10 s: bootstrap nodes are asked anew. */
  'network/diagnose': { params: Record<string, never>; result: NetReport };
  'network/bans': { params: Record<string, never>; result: BannedPeer[] };
  'network/unban': { params: { peerId?: PeerId; host?: string }; result: Record<string, never> };

  /** Peers seen or added, online ones first. */
  'peers/list': { params: Record<string, never>; result: PeerInfo[] };
  /** Adds a peer by key, accepts it if it is a stranger, and keeps trying to reach it. Answers at once. */
  'peers/connect': { params: { peerId: PeerId }; result: PeerInfo };
  /** Closes the connection and stays away until `peers/connect`. */
  'peers/disconnect': { params: { peerId: PeerId }; result: Record<string, never> };
  /** Refuses this key everywhere, from the handshake on, over restarts; its shares go from the catalog. `invalid-argument` for our own. */
  'peers/block': { params: { peerId: PeerId }; result: PeerInfo };
  'peers/unblock': { params: { peerId: PeerId }; result: PeerInfo };
  /** Drops the peer and all that is stored of it. A block stays. */
  'peers/forget': { params: { peerId: PeerId }; result: Record<string, never> };
  /** How long a small message takes to the peer and back, over the connection that it was met by. `unavailable` when it is not here. */
  'peers/ping': { params: { peerId: PeerId }; result: { roundTripMs: number } };
  /** '' removes the petname. At most 64 characters. */
  'peers/setPetname': { params: { peerId: PeerId; petname: string }; result: PeerInfo };

  'shares/list': { params: Record<string, never>; result: ShareInfo[] };
  /** Walks the folder and counts; shares nothing. Progress: `progress` notifications with this token. */
  'shares/preview': { params: { path: string; progressToken?: string }; result: SharePreview };
  /**
   * Offers a folder (absolute path). Answers once the share is remembered, while it is scanned. `already-exists` for the same folder.
   * `leaveOut`: at most 1,000 paths inside it, written to its `.potluckignore` first; `not-found` for one that is not there, `io` or
   * `permission-denied` when that fails. `knownSecrets`: what `shares/preview` said looks secret, and a person saw. Then the folder is looked at once
   * more, which takes as long; `changed`, and nothing is shared, when another file looks secret by now. Left out: shared as it is.
   */
  'shares/add': {
    params: { path: string; title?: string; audience?: Audience; leaveOut?: string[]; knownSecrets?: string[] };
    result: ShareInfo;
  };
  /** What each of at most 1,000 absolute paths is to own shares, as the disk and the rules are now. In the order asked. */
  'shares/marks': { params: { paths: string[] }; result: ShareMark[] };
  /** Effective at once: who may not see it any more is told nothing of it, and its feed gets new keys; who may now is told. */
  'shares/setAudience': { params: { shareId: ShareId; audience: Audience }; result: ShareInfo };
  'shares/rename': { params: { shareId: ShareId; title: string }; result: ShareInfo };
  /** Stops offering; peers are told; nothing on disk of the folder is touched. */
  'shares/remove': { params: { shareId: ShareId }; result: Record<string, never> };
  /** Walks the whole folder again; answers when that is done, also when it failed (then the state says so). Ends a pause. */
  'shares/rescan': { params: { shareId: ShareId }; result: ShareInfo };
  /** Stops scanning and watching, over restarts too. The index as it is stays offered. */
  'shares/pause': { params: { shareId: ShareId }; result: ShareInfo };
  /** Goes on: what changed meanwhile is found, then the folder is watched. */
  'shares/resume': { params: { shareId: ShareId }; result: ShareInfo };
  /** Stops the scan that runs or waits: the share is `paused` then, with the index of before. Does nothing when none runs. */
  'shares/cancelScan': { params: { shareId: ShareId }; result: ShareInfo };

  /** Forgets what is known of its files beyond their names, and looks into all of them again, in the background. Answers at once. */
  'shares/describe': { params: { shareId: ShareId }; result: ShareInfo };

  /** Shares in the catalog, own ones included when peerId is left out or our own. */
  'catalog/shares': { params: { peerId?: PeerId }; result: CatalogShare[] };
  /**
   * A page of a folder: folders first, then files, each in `order` (default `index`). `limit` at most 10,000. Never touches the network.
   * A folder of more than 100,000 entries comes in `index` order whatever is asked.
   */
  'catalog/list': { params: { entry: EntryRef; offset?: number; limit?: number; order?: ListOrder }; result: ListPage };
  /**
   * A page of the merged tree of all peers, own shares included, in `editor` order. `path` '' lists the titles of all shares; below a
   * title the shares that bear it are one tree. `not-found` when no share has it. Never touches the network. Folders of more than 100,000
   * entries together come in `index` order, and `total` counts what several hold several times until the last page was read.
   */
  'catalog/merged': { params: { path: string; offset?: number; limit?: number }; result: MergedPage };
  /** Files newest first (by when their owner added or changed them), over all peers' shares or one's (own ones: by our own key). `limit` at most 1,000. */
  'catalog/recent': {
    params: { peerId?: PeerId; offset?: number; limit?: number };
    result: { hits: SearchHit[]; total: number };
  };
  /** `not-found` when the index has no such entry. Never touches the network. */
  'catalog/stat': { params: { entry: EntryRef }; result: Entry };
  /** What is known of a file beyond its name; of a folder, nothing. `not-found` as `catalog/stat`. Never touches the network. */
  'catalog/details': { params: { entry: EntryRef }; result: EntryDetails };
  /** Files with this content, as far as their owners said so; the first 100, own ones included. Never touches the network. */
  'catalog/holders': { params: { contentId: ContentId }; result: EntryRef[] };

  /**
   * Searches names and folders of every share known here, peers online or not; docs/search.md has the language. Cancel it when the next
   * key comes. `invalid-argument` says what of the query is not understood. `limit` at most 1,000, `offset` anywhere below `total`.
   * With `liveToken`, connected peers whose index is not here yet are asked too: their hits come as `search/live` with this token. The same
   * token again ends the one before (which then says nothing more); a fifth token of one client ends the oldest.
   */
  'search/query': { params: { query: string; offset?: number; limit?: number; liveToken?: string }; result: SearchPage };

  /** Saved searches that tell when something new matches: `watches/changed`. Adding one twice answers the same. At most 100. */
  'watches/list': { params: Record<string, never>; result: WatchedSearch[] };
  'watches/add': { params: { query: string }; result: WatchedSearch };
  'watches/remove': { params: { watchId: WatchId }; result: Record<string, never> };
  /** Its new hits were looked at. */
  'watches/seen': { params: { watchId: WatchId }; result: WatchedSearch };

  /** Brings a whole file, verified, into the cache. `too-large` above maxBytes, without transferring. Progress by token. */
  'files/fetch': { params: { entry: EntryRef; maxBytes?: number; progressToken?: string }; result: FetchedFile };
  /** Brings a range (at most 64 MiB), verified, into the cache: localPath then holds only those bytes. Past the end: fewer. */
  'files/fetchRange': { params: { entry: EntryRef; offset: number; length: number }; result: FetchedFile };

  /**
   * Queues a file or a folder. `folder` (absolute) replaces the configured download folder. Asked for again while it is not finished, it
   * answers the same download. `not-found` when the index has no such entry, `busy` when the list is full. By `contentId` instead of `entry` it
   * is taken from any share that lists the content, connected ones first: `not-found` when none does, `already-exists` when only our own do.
   */
  'downloads/add': {
    params: ({ entry: EntryRef } | { contentId: ContentId }) & {
      folder?: string;
      conflict?: ConflictPolicy;
      priority?: Priority;
      isPaused?: boolean;
    };
    result: DownloadInfo;
  };
  /** In order of their place, then finished ones, newest first. */
  'downloads/list': { params: Record<string, never>; result: DownloadInfo[] };
  /** What is here of files that were downloaded, in the order asked; at most 1,000. Never touches the network. */
  'downloads/marks': { params: { entries: EntryRef[] }; result: DownloadMark[] };
  /** Stops it and removes its partial data; finished files of a folder stay. */
  'downloads/cancel': { params: { downloadId: DownloadId }; result: DownloadInfo };
  /** Starts a failed or cancelled one again from what is verified; one that waits is tried at once. */
  'downloads/retry': { params: { downloadId: DownloadId }; result: DownloadInfo };
  /** One, or all that are not finished. What is verified stays. Answers those that changed. */
  'downloads/pause': { params: { downloadId?: DownloadId }; result: DownloadInfo[] };
  'downloads/resume': { params: { downloadId?: DownloadId }; result: DownloadInfo[] };
  'downloads/prioritize': { params: { downloadId: DownloadId; priority: Priority }; result: DownloadInfo };
  /** Within those of its priority. */
  'downloads/move': { params: { downloadId: DownloadId; to: 'top' | 'up' | 'down' | 'bottom' }; result: DownloadInfo };
  /** Removes finished, failed and cancelled ones from the list (one, or all); files and history stay. */
  'downloads/clear': { params: { downloadId?: DownloadId }; result: Record<string, never> };

  /**
   * Lets peers of our parties who know a file's content id find us by it (or no more), over restarts too; hashes an own file first, if it must.
   * Turned on: `not-found` when we neither share it nor hold or receive it as a download, `too-large` past 1,000. Off: `not-found` when it is not on.
   */
  'links/announce': { params: { entry: EntryRef; isOn: boolean }; result: Record<string, never> };
  /** Newest first. */
  'links/list': { params: Record<string, never>; result: LinkedContentInfo[] };
  /**
   * The text of a `.p2p` link file (docs/link-format.md) to a file, or to all files of a folder. Own files that were never hashed are hashed now
   * (progress by token: bytes done of all); a peer is asked for ids that it did not tell: `unavailable` when it is away. `hasPlace` (left out: for own
   * entries) puts in where it was seen, which names the owner's key. `creator` and `parties` (at most 64 characters each, 16 of them) go in as they
   * are: never a party's name. `isAnnounced` does `links/announce` for the first 1,000 of its files. `too-large` above 50,000 files, `not-found` when
   * the entry is not there or not shared any more, `changed` when a file changes while it is hashed.
   */
  'links/create': {
    params: {
      entry: EntryRef;
      title?: string;
      creator?: string;
      parties?: string[];
      hasPlace?: boolean;
      isAnnounced?: boolean;
      progressToken?: string;
    };
    result: { text: string; summary: LinkSummary };
  };
  /**
   * What a link says; never touches the network and changes nothing. `invalid-argument` names the line (or place) and what is wrong there. A page of
   * its files, `limit` at most 10,000.
   */
  'links/inspect': {
    params: LinkSource & { offset?: number; limit?: number };
    result: { summary: LinkSummary; files: LinkEntry[] };
  };
  /**
   * Who has what of it, as their indexes here say, and what is on this machine. Never touches the network. A page of its files, `limit` at most 1,000;
   * totals and peers only with `offset` 0, since they cost a look at 10,000 files. `not-found` for a magnet that names no files.
   */
  'links/status': { params: LinkSource & { offset?: number; limit?: number }; result: LinkStatus };
  /**
   * Queues what it leads to as one download: each file from whoever has its content, now or when somebody comes, and verified by it; what is on this
   * machine is copied. `paths` chooses some of its files. The download's `entry` has `linkPeerId` (linkPeer.ts) as peer. `not-found` for a magnet that
   * names no files, and for `paths` that are none of its files; `invalid-argument` when it leads to no file.
   */
  'links/download': {
    params: LinkSource & {
      paths?: string[];
      folder?: string;
      conflict?: ConflictPolicy;
      priority?: Priority;
      isPaused?: boolean;
    };
    result: DownloadInfo;
  };
  /**
   * Reads what lies at an absolute path (the folder of the link's files, or the one that holds it; of a link to one file, that or its folder) and
   * compares it with the link. Follows no links of the file system below it. `not-found` when nothing is there, `not-folder` for a file where the
   * link leads to a folder. Progress by token, in bytes.
   */
  'links/verify': { params: LinkSource & { folder: string; progressToken?: string }; result: LinkVerification };
  /**
   * The same contents in another form. A torrent (BitTorrent v2, as base64) and a magnet need the hashes of pieces of files above the piece length:
   * from this machine, else of peers who have the content: `unavailable` when nobody gives them. A magnet of a folder names its info hash only.
   * `not-found` for a magnet that names no files, `invalid-argument` for what the other form cannot have: a torrent needs a file.
   */
  'links/export': {
    params: LinkSource & { as: LinkForm; progressToken?: string };
    result: { text?: string; torrentBase64?: string; infoHash?: string };
  };

  /** Running ones first, then those that wait, in order. */
  'uploads/list': { params: Record<string, never>; result: UploadInfo[] };
  /** Ends what goes to this peer and gives it nothing until `uploads/allow`, over restarts too. It still sees our shares. `reason`: at most 128 characters. */
  'uploads/refuse': { params: { peerId: PeerId; reason?: string }; result: RefusedPeer };
  'uploads/allow': { params: { peerId: PeerId }; result: Record<string, never> };
  'uploads/refused': { params: Record<string, never>; result: RefusedPeer[] };

  /**
   * Transfers that ended, newest first. `limit` at most 1,000. With `entry` those of it and of folders above it, with `contentId` those of files with
   * this content, with both either of them.
   */
  'transfers/history': {
    params: { direction?: 'download' | 'upload'; entry?: EntryRef; contentId?: ContentId; offset?: number; limit?: number };
    result: { entries: HistoryEntry[]; total: number };
  };
  'transfers/clearHistory': { params: Record<string, never>; result: Record<string, never> };
  'transfers/totals': { params: Record<string, never>; result: TransferTotals };
  'transfers/rates': { params: Record<string, never>; result: TransferRates };
}

/** What the sidecar tells every client after hello. They say what changed; ask for the rest. */
export interface Notifications extends SendingNotifications {
  /** A client asked it to stop: the others do not start it again by themselves. Comes before the connection closes. */
  'sidecar/stopping': Record<string, never>;
  'parties/changed': Record<string, never>;
  'peers/changed': { peerId: PeerId };
  /** Invites of ours, accepted ones, or requests for access changed. */
  'invites/changed': Record<string, never>;
  'access/changed': { peerId: PeerId };
  /** Own shares. */
  'shares/changed': { shareId: ShareId };
  /** A share of the catalog came, went, or has a new index. */
  'catalog/changed': { peerId: PeerId; shareId: ShareId };
  /** Hits of connected peers for the `search/query` with this token; the last one has `isDone`. */
  'search/live': { liveToken: string; hits: SearchHit[]; isDone: boolean };
  /** A watched search came, went, or has new matches; `hasNews` when a person should be told. */
  'watches/changed': { watchId: WatchId; hasNews: boolean };
  /** State changes, moves within the queue and, at most four times a second, progress. Not those whose place changed because others moved. */
  'downloads/changed': { download: DownloadInfo };
  'downloads/removed': { downloadId: DownloadId };
  /** Uploads began, ended or made progress, at most four times a second; or who is refused changed. */
  'uploads/changed': Record<string, never>;
  /** At most once a second while something runs, and once when nothing does any more. */
  'transfers/rates': TransferRates;
  'settings/changed': Record<string, never>;
  'network/changed': Record<string, never>;
  /** For a request with this progressToken, at most four a second. total 0 = unknown. */
  progress: { progressToken: string; done: number; total: number };
  'log/entry': LogEntry;
}

export type RequestMethod = keyof Requests;
export type NotificationMethod = keyof Notifications;
export type ParamsOf<M extends RequestMethod> = Requests[M]['params'];
export type ResultOf<M extends RequestMethod> = Requests[M]['result'];
