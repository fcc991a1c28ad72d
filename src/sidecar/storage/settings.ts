// The user's settings, kept in the database; what the command line or environment says goes before and is not stored.

import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { isPeerId } from '../../protocol/ids.ts';
import type { ConflictPolicy, Settings } from '../../protocol/model.ts';
import type { Database } from './database.ts';

const nicknameCharacters = 64;
const mostBootstrapNodes = 32;
const mostSlots = 64;
/** A slice has 64 KiB: less a second than a quarter of it would stall requests. */
const leastRate = 16 * 1024;
const conflictPolicies: readonly ConflictPolicy[] = ['keep-both', 'skip', 'overwrite'];
const interfaceCharacters = 64;
const longestIdleMinutes = 7 * 24 * 60;

export class SettingsStore {
  readonly #database: Database;
  readonly #overrides: Partial<Settings>;

  constructor(database: Database, overrides: Partial<Settings> = {}) {
    this.#database = database;
    this.#overrides = overrides;
  }

  get(): Settings {
    const stored: Partial<Settings> = {};
    for (const { name, value } of this.#database.all<{ name: string; value: string }>('SELECT name, value FROM setting')) {
      Object.assign(stored, { [name]: JSON.parse(value) as unknown });
    }
    return { ...defaults(), ...stored, ...this.#overrides };
  }

  /** Checks all that is given, then stores all of it. Throws `invalid-argument` naming the setting. */
  set(given: Partial<Settings>): Settings {
    const changes = checkSettings(given);
    this.#database.transaction(() => {
      for (const [name, value] of Object.entries(changes)) {
        this.#database.run(
          'INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value',
          {
            name,
            value: JSON.stringify(value),
          },
        );
      }
    });
    for (const name of Object.keys(changes) as (keyof Settings)[]) delete this.#overrides[name];
    return this.get();
  }
}

/** The settings of `given` that are known, each checked. Throws `invalid-argument`. */
export function checkSettings(given: Partial<Settings>): Partial<Settings> {
  const changes: Partial<Settings> = {};
  if (given.nickname !== undefined) {
    if (typeof given.nickname !== 'string' || [...given.nickname].length > nicknameCharacters)
      throw invalid('nickname', `a text of at most ${nicknameCharacters} characters`);
    changes.nickname = given.nickname.trim();
  }
  if (given.downloadFolder !== undefined) {
    if (typeof given.downloadFolder !== 'string' || !path.isAbsolute(given.downloadFolder))
      throw invalid('downloadFolder', 'an absolute path');
    changes.downloadFolder = path.normalize(given.downloadFolder);
  }
  if (given.bootstrap !== undefined) {
    if (!Array.isArray(given.bootstrap) || given.bootstrap.length > mostBootstrapNodes || !given.bootstrap.every(isHostAndPort)) {
      throw invalid('bootstrap', `a list of at most ${mostBootstrapNodes} addresses like "192.0.2.7:49737"`);
    }
    changes.bootstrap = given.bootstrap;
  }
  if (given.idleMinutes !== undefined) {
    if (!Number.isInteger(given.idleMinutes) || given.idleMinutes < 0 || given.idleMinutes > longestIdleMinutes)
      throw invalid('idleMinutes', `a whole number from 0 (never) to ${longestIdleMinutes}`);
    changes.idleMinutes = given.idleMinutes;
  }
  if (given.describeFiles !== undefined) {
    if (typeof given.describeFiles !== 'boolean') throw invalid('describeFiles', 'true or false');
    changes.describeFiles = given.describeFiles;
  }
  if (given.conflict !== undefined) {
    if (!conflictPolicies.includes(given.conflict)) throw invalid('conflict', `one of ${conflictPolicies.join(', ')}`);
    changes.conflict = given.conflict;
  }
  for (const name of ['friendsFirst', 'isSlow', 'linkListen', 'lanDiscovery', 'gossip', 'useRelay', 'offerRelay'] as const) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'boolean') throw invalid(name, 'true or false');
    changes[name] = value;
  }
  for (const name of ['uploadLimit', 'downloadLimit', 'slowUploadLimit', 'slowDownloadLimit'] as const) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0 || (value > 0 && value < leastRate))
      throw invalid(name, `0 (no limit), or bytes a second from ${leastRate}`);
    changes[name] = value;
  }
  if (given.uploadSlots !== undefined) {
    if (!Number.isInteger(given.uploadSlots) || given.uploadSlots < 1 || given.uploadSlots > mostSlots)
      throw invalid('uploadSlots', `a whole number from 1 to ${mostSlots}`);
    changes.uploadSlots = given.uploadSlots;
  }
  if (given.linkHost !== undefined) {
    if (given.linkHost !== '' && isIP(given.linkHost) === 0)
      throw invalid('linkHost', 'an address of this machine like "192.168.1.5", or empty for all');
    changes.linkHost = given.linkHost;
  }
  if (given.linkPort !== undefined) {
    if (!Number.isInteger(given.linkPort) || given.linkPort < 0 || given.linkPort > 65_535)
      throw invalid('linkPort', 'a whole number from 0 (any) to 65535');
    changes.linkPort = given.linkPort;
  }
  if (given.networkInterface !== undefined) {
    if (typeof given.networkInterface !== 'string' || given.networkInterface.length > interfaceCharacters)
      throw invalid('networkInterface', 'the name or address of a network interface, or empty for all');
    changes.networkInterface = given.networkInterface.trim();
  }
  if (given.relay !== undefined) {
    if (given.relay !== '' && !isPeerId(given.relay)) throw invalid('relay', 'the key of a relay (52 characters), or empty');
    changes.relay = given.relay;
  }
  return changes;
}

/** Whether a text is `host:port`. */
export function isHostAndPort(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const match = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[1]) > 0 && Number(match[1]) < 65536;
}

function defaults(): Settings {
  return {
    nickname: '',
    downloadFolder: path.join(homedir(), 'Downloads', 'Potluck'),
    bootstrap: [],
    idleMinutes: 10,
    describeFiles: true,
    conflict: 'keep-both',
    uploadSlots: 8,
    friendsFirst: false,
    uploadLimit: 0,
    downloadLimit: 0,
    slowUploadLimit: 512 * 1024,
    slowDownloadLimit: 1024 * 1024,
    isSlow: false,
    linkListen: true,
    linkHost: '',
    linkPort: 0,
    lanDiscovery: true,
    networkInterface: '',
    gossip: true,
    useRelay: false,
    relay: '',
    offerRelay: false,
  };
}

function invalid(name: string, expected: string): AppError {
  return new AppError('invalid-argument', `The setting ${name} is not ${expected}. Nothing was changed.`);
}
