// The one place that speaks to node:sqlite: opening, migrations, and four calls. Durable: WAL with synchronous=FULL, so that
// what was committed is there after kill -9 and after a power cut.

import path from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { migrations } from './schema.ts';

export type Row = Record<string, unknown>;
export type Parameters = Record<string, SQLInputValue>;

/** Which file of the data folder, and how it began and grew. */
export interface DatabaseKind {
  file: string;
  migrations: readonly string[];
  /** What is lost can be had again: a commit does not wait for the disk. */
  isDerived: boolean;
}

const mainDatabase: DatabaseKind = { file: 'potluck.db', migrations, isDerived: false };

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #kind: DatabaseKind;
  #depth = 0;

  /** Opens (and brings up to date) `potluck.db`, or another one, in the folder. Throws when the file is of a newer version or damaged. */
  constructor(folder: string, kind: DatabaseKind = mainDatabase) {
    this.#kind = kind;
    this.#db = new DatabaseSync(path.join(folder, kind.file));
    this.#db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${kind.isDerived ? 'NORMAL' : 'FULL'}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2000; PRAGMA busy_timeout = 2000`,
    );
    this.#migrate();
  }

  /** Runs a statement; parameters are named without their `:`. Answers how many rows changed. */
  run(sql: string, parameters: Parameters = {}): number {
    return Number(this.#statement(sql).run(parameters).changes);
  }

  get<T>(sql: string, parameters: Parameters = {}): T | undefined {
    return this.#statement(sql).get(parameters) as T | undefined;
  }

  all<T>(sql: string, parameters: Parameters = {}): T[] {
    return this.#statement(sql).all(parameters) as T[];
  }

  /** All or nothing. Nested calls join the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Runs several statements without parameters. */
  exec(sql: string): void {
    this.#db.exec(sql);
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(): void {
    const { file, migrations: steps } = this.#kind;
    const { user_version: version } = this.#db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > steps.length) {
      throw new Error(`${file} has version ${version}, this Potluck knows ${steps.length}: install the newer Potluck again`);
    }
    for (let next = version; next < steps.length; next++) {
      this.transaction(() => this.#db.exec(`${steps[next]}; PRAGMA user_version = ${next + 1}`));
    }
  }
}
