// From VS Code's settings, as a person made them, to the sidecar's: each checked, so that a slip of the pen reads as not set. Must not know
// `vscode`.

import path from 'node:path';
import type { ConflictPolicy, Settings } from '../protocol/model.ts';

/** Limits of rate: the sidecar's name (bytes a second) and the setting (KiB a second). */
export const limitSettings = {
  downloadLimit: 'transfers.downloadLimitKiB',
  uploadLimit: 'transfers.uploadLimitKiB',
  slowDownloadLimit: 'transfers.slowDownloadLimitKiB',
  slowUploadLimit: 'transfers.slowUploadLimitKiB',
} as const;

const conflicts: readonly ConflictPolicy[] = ['keep-both', 'skip', 'overwrite'];

/** `explicit` answers the value that was set under `potluck.`, undefined where none was. What is unset or malformed is left out. */
export function settingsOf(explicit: (key: string) => unknown): Partial<Settings> {
  const settings: Partial<Settings> = {};
  const nickname = explicit('nickname');
  if (typeof nickname === 'string') settings.nickname = nickname;
  const folder = explicit('downloads.folder');
  if (typeof folder === 'string' && path.isAbsolute(folder)) settings.downloadFolder = folder;
  const bootstrap = explicit('network.bootstrap');
  if (Array.isArray(bootstrap) && bootstrap.every((node) => typeof node === 'string')) settings.bootstrap = bootstrap;
  const idleMinutes = wholeNumber(explicit('sidecar.idleMinutes'), [0, Number.MAX_SAFE_INTEGER]);
  if (idleMinutes !== undefined) settings.idleMinutes = idleMinutes;
  const describeFiles = explicit('shares.describeFiles');
  if (typeof describeFiles === 'boolean') settings.describeFiles = describeFiles;
  return { ...settings, ...transferSettings(explicit), ...linkSettings(explicit), ...meetingSettings(explicit) };
}

function transferSettings(explicit: (key: string) => unknown): Partial<Settings> {
  const settings: Partial<Settings> = {};
  const conflict = conflicts.find((policy) => policy === explicit('downloads.conflict'));
  if (conflict !== undefined) settings.conflict = conflict;
  const slots = wholeNumber(explicit('uploads.slots'), [1, 64]);
  if (slots !== undefined) settings.uploadSlots = slots;
  const friendsFirst = explicit('uploads.friendsFirst');
  if (typeof friendsFirst === 'boolean') settings.friendsFirst = friendsFirst;
  for (const name of ['downloadLimit', 'uploadLimit', 'slowDownloadLimit', 'slowUploadLimit'] as const) {
    const kibibytes = explicit(limitSettings[name]);
    if (typeof kibibytes !== 'number' || !Number.isFinite(kibibytes) || kibibytes < 0) continue;
    // Bytes from the number of KiB that was set; the sidecar says what is too little.
    settings[name] = Math.round(kibibytes * 1024);
  }
  return settings;
}

function linkSettings(explicit: (key: string) => unknown): Partial<Settings> {
  const settings: Partial<Settings> = {};
  const listens = explicit('network.directLinks');
  if (typeof listens === 'boolean') settings.linkListen = listens;
  const host = explicit('network.linkAddress');
  if (typeof host === 'string') settings.linkHost = host.trim();
  const port = wholeNumber(explicit('network.linkPort'), [0, 65_535]);
  if (port !== undefined) settings.linkPort = port;
  return settings;
}

/** How peers are met: the sidecar's name and the setting. */
const meetingSwitches = {
  lanDiscovery: 'network.lanDiscovery',
  gossip: 'network.gossip',
  useRelay: 'network.useRelay',
  offerRelay: 'network.offerRelay',
} as const;

function meetingSettings(explicit: (key: string) => unknown): Partial<Settings> {
  const settings: Partial<Settings> = {};
  for (const name of ['lanDiscovery', 'gossip', 'useRelay', 'offerRelay'] as const) {
    const value = explicit(meetingSwitches[name]);
    if (typeof value === 'boolean') settings[name] = value;
  }
  const networkInterface = explicit('network.interface');
  if (typeof networkInterface === 'string') settings.networkInterface = networkInterface.trim();
  const relay = explicit('network.relay');
  if (typeof relay === 'string') settings.relay = relay.trim();
  return settings;
}

function wholeNumber(value: unknown, [least, most]: readonly [number, number]): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}
