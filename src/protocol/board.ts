// What the board's page and its host (the extension) say to each other, both ways, and the checks that every message passes before it
// counts. Texts in messages to the page are made safe for one line by the host, and are shown as text only.

/** Identifies a row: `d/` and a download's id, or `u/` and what identifies an upload. */
export type RowId = string;

export type RowState = 'queued' | 'running' | 'waiting' | 'paused' | 'done' | 'failed' | 'cancelled';

export interface TransferRow {
  id: RowId;
  isUpload: boolean;
  state: RowState;
  name: string;
  /** From whom, or to whom. */
  peer: string;
  /** How it stands, in words. */
  said: string;
  size: string;
  /** 0 to 1000. */
  permille: number;
  bytesPerSecond: number;
  /** Rows are shown by it, the lowest first. */
  rank: number;
}

/** When, and bytes a second down and up. */
export type RateSample = [timeMs: number, down: number, up: number];

export interface CardLine {
  label: string;
  said: string;
  isOn: boolean;
}

/** A party or a share: a title, a line about it, and lines below. `more`: how many lines were left out, in words; '' for none. */
export interface Card {
  title: string;
  said: string;
  lines: CardLine[];
  more: string;
}

export interface StorageLine {
  label: string;
  said: string;
  bytes: number;
}

export interface Overview {
  /** Figures at the top: a word and a number, in words. */
  tiles: { label: string; value: string; said: string }[];
  parties: Card[];
  shares: Card[];
  storage: StorageLine[];
  storageSaid: string;
  /** Why nothing of this may be true any more: the sidecar is away. '' when it is here. */
  problem: string;
}

export interface ShownSource {
  name: string;
  said: string;
  /** It sent what did not verify. */
  isBad: boolean;
}

/** One file's pieces: per cell how much is here (0 to 100), and whose it is (index into the sources, -1 nobody's or here before). */
export interface ShownMap {
  name: string;
  said: string;
  done: number[];
  from: number[];
  bad: { cell: number; source: number }[];
}

export type ActionName = 'pause' | 'resume' | 'cancel' | 'retry' | 'top' | 'reveal' | 'open';
export type BoardCommand = 'join' | 'share' | 'invite' | 'clear' | 'pauseAll' | 'resumeAll' | 'history' | 'restart';

/** From the host. Each bears the page's session, a secret that only this page was given. */
export type ToBoard = { session: string } & (
  | { type: 'start'; language: string; texts: Record<string, string>; samples: RateSample[] }
  /** `isFirst`: forget all rows before it. `isMore`: others follow at once. */
  | { type: 'rows'; isFirst: boolean; isMore: boolean; rows: TransferRow[]; removed: RowId[] }
  | { type: 'rate'; sample: RateSample; down: string; up: string; left: string }
  | { type: 'overview'; overview: Overview }
  | { type: 'detail'; id: RowId; title: string; said: string; sources: ShownSource[]; maps: ShownMap[]; actions: ActionName[] }
);

/** From the page. */
export type FromBoard = { session: string } & (
  | { type: 'ready' }
  /** '' for none. */
  | { type: 'select'; id: RowId }
  | { type: 'act'; action: ActionName; id: RowId }
  | { type: 'run'; command: BoardCommand }
);

/** A message before the session is put to it. */
export type WithoutSession<M> = M extends { session: string } ? Omit<M, 'session'> : never;

export const boardMaxima = {
  /** Rows of one message, and how many of downloads are in one; all are told in as many as it takes. */
  rows: 1_000,
  slice: 500,
  removed: 20_000,
  samples: 300,
  cards: 200,
  lines: 50,
  sources: 16,
  maps: 8,
  cells: 512,
  bad: 256,
  /** Characters of a text, and of an id. */
  text: 2_000,
  id: 600,
} as const;

const states: readonly RowState[] = ['queued', 'running', 'waiting', 'paused', 'done', 'failed', 'cancelled'];
const actions: readonly ActionName[] = ['pause', 'resume', 'cancel', 'retry', 'top', 'reveal', 'open'];
const commands: readonly BoardCommand[] = ['join', 'share', 'invite', 'clear', 'pauseAll', 'resumeAll', 'history', 'restart'];

type Guard<T> = (value: unknown) => value is T;

const text: Guard<string> = (value): value is string => typeof value === 'string' && value.length <= boardMaxima.text;
const rowId: Guard<RowId> = (value): value is RowId => typeof value === 'string' && value.length <= boardMaxima.id;
const flag: Guard<boolean> = (value): value is boolean => typeof value === 'boolean';
const amount: Guard<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= -1;

function within(most: number): Guard<number> {
  return (value): value is number => amount(value) && value <= most;
}

function word<W extends string>(words: readonly W[]): Guard<W> {
  return (value): value is W => words.some((known) => known === value);
}

function list<T>(of: Guard<T>, most: number): Guard<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.length <= most && value.every((item) => of(item));
}

/** An object with exactly these own fields. */
function shape<T extends object>(fields: { [K in keyof T]-?: Guard<T[K]> }): Guard<T> {
  const names = Object.keys(fields);
  const guards = Object.entries<Guard<unknown>>(fields);
  return (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === names.length &&
    guards.every(([name, guard]) => Object.hasOwn(value, name) && guard((value as Record<string, unknown>)[name]));
}

function texts(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((item) => text(item));
}

const sample: Guard<RateSample> = (value): value is RateSample =>
  Array.isArray(value) && value.length === 3 && value.every(amount);

const row = shape<TransferRow>({
  ...{ id: rowId, isUpload: flag, state: word(states), name: text, peer: text, said: text, size: text },
  ...{ permille: within(1000), bytesPerSecond: amount, rank: amount },
});
const line = shape<CardLine>({ label: text, said: text, isOn: flag });
const card = shape<Card>({ title: text, said: text, lines: list(line, boardMaxima.lines), more: text });
const overview = shape<Overview>({
  tiles: list(shape({ label: text, value: text, said: text }), boardMaxima.lines),
  parties: list(card, boardMaxima.cards),
  shares: list(card, boardMaxima.cards),
  storage: list(shape<StorageLine>({ label: text, said: text, bytes: amount }), boardMaxima.lines),
  storageSaid: text,
  problem: text,
});
const source = shape<ShownSource>({ name: text, said: text, isBad: flag });
const map = shape<ShownMap>({
  name: text,
  said: text,
  done: list(within(100), boardMaxima.cells),
  from: list(within(boardMaxima.sources - 1), boardMaxima.cells),
  bad: list(shape({ cell: within(boardMaxima.cells), source: within(boardMaxima.sources - 1) }), boardMaxima.bad),
});

const ofSession = { session: text };
const toBoard: readonly Guard<ToBoard>[] = [
  shape({ ...ofSession, type: word(['start']), language: text, texts, samples: list(sample, boardMaxima.samples) }),
  shape({
    ...{ ...ofSession, type: word(['rows']), isFirst: flag, isMore: flag },
    ...{ rows: list(row, boardMaxima.rows), removed: list(rowId, boardMaxima.removed) },
  }),
  shape({ ...ofSession, type: word(['rate']), sample, down: text, up: text, left: text }),
  shape({ ...ofSession, type: word(['overview']), overview }),
  shape({
    ...{ ...ofSession, type: word(['detail']), id: rowId, title: text, said: text },
    ...{ sources: list(source, boardMaxima.sources), maps: list(map, boardMaxima.maps), actions: list(word(actions), 10) },
  }),
];
const fromBoard: readonly Guard<FromBoard>[] = [
  shape({ ...ofSession, type: word(['ready']) }),
  shape({ ...ofSession, type: word(['select']), id: rowId }),
  shape({ ...ofSession, type: word(['act']), action: word(actions), id: rowId }),
  shape({ ...ofSession, type: word(['run']), command: word(commands) }),
];

/** The message, if it is one and of this session; undefined for anything else. */
export function parseToBoard(value: unknown, session: string): ToBoard | undefined {
  const message = toBoard.some((guard) => guard(value)) ? (value as ToBoard) : undefined;
  return session !== '' && message?.session === session ? message : undefined;
}

/** As `parseToBoard`, for the other direction. */
export function parseFromBoard(value: unknown, session: string): FromBoard | undefined {
  const message = fromBoard.some((guard) => guard(value)) ? (value as FromBoard) : undefined;
  return session !== '' && message?.session === session ? message : undefined;
}
