// Checks of what clients send: each reads one field and throws `invalid-argument` naming it.

import { AppError } from '../../protocol/errors.ts';
import {
  type ContentId,
  type DownloadId,
  isContentId,
  isDownloadId,
  isPartyId,
  isPeerId,
  isShareId,
  type PartyId,
  type PeerId,
  type ShareId,
} from '../../protocol/ids.ts';
import type { Audience, EntryRef } from '../../protocol/model.ts';
import { meetingLimits } from '../limits.ts';
import { parseSafePath } from '../storage/safePath.ts';
import nodePath from 'node:path';

export type Fields = Record<string, unknown>;

/** The params as an object; nothing given counts as an empty one. */
export function fieldsOf(params: unknown): Fields {
  if (params === undefined || params === null) return {};
  if (typeof params !== 'object' || Array.isArray(params)) throw invalid('params', 'an object');
  return params as Fields;
}

export function textField(fields: Fields, name: string, mostCharacters: number): string {
  const value = fields[name];
  if (typeof value !== 'string') throw invalid(name, 'a text');
  if ([...value].length > mostCharacters) throw invalid(name, `at most ${mostCharacters} characters`);
  return value;
}

export function optionalTextField(fields: Fields, name: string, mostCharacters: number): string | undefined {
  return fields[name] === undefined ? undefined : textField(fields, name, mostCharacters);
}

/** A whole number from `min` to `max`; `otherwise` when it is left out. */
export function wholeField(fields: Fields, name: string, range: { min: number; max: number; otherwise?: number }): number {
  const value = fields[name] ?? range.otherwise;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < range.min || value > range.max) {
    throw invalid(name, `a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

/** One of a few words; undefined when it is left out. */
export function wordField<W extends string>(fields: Fields, name: string, words: readonly W[]): W | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) throw invalid(name, `one of ${words.join(', ')}`);
  return word;
}

/** False when it is left out. */
export function flagField(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value;
}

/** An absolute path of this machine, normalised. */
export function absolutePathField(fields: Fields, name: string): string {
  const value = textField(fields, name, 32_768);
  if (!nodePath.isAbsolute(value) || value.includes('\0')) throw invalid(name, 'an absolute path');
  return nodePath.resolve(value);
}

export function peerIdField(fields: Fields): PeerId {
  const value = fields['peerId'];
  if (typeof value !== 'string' || !isPeerId(value)) throw invalid('peerId', 'a peer key of 52 z-base-32 characters');
  return value;
}

export function shareIdField(fields: Fields): ShareId {
  const value = fields['shareId'];
  if (typeof value !== 'string' || !isShareId(value)) throw invalid('shareId', 'a share id of 26 z-base-32 characters');
  return value;
}

/** Who may see a share: everyone, or parties and peers named. */
export function audienceField(fields: Fields, name: string): Audience {
  const given = fieldsOf(fields[name]);
  if (fields[name] === undefined) throw invalid(name, 'an audience');
  const partyIds = listField(given, 'partyIds', meetingLimits.audienceParties);
  const peerIds = listField(given, 'peerIds', meetingLimits.audiencePeers);
  if (!partyIds.every(isPartyId)) throw invalid('partyIds', 'a list of party ids');
  if (!peerIds.every(isPeerId)) throw invalid('peerIds', 'a list of peer keys');
  return { everyone: flagField(given, 'everyone'), partyIds, peerIds };
}

function listField(fields: Fields, name: string, most: number): string[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value) || value.length > most) throw invalid(name, `a list of at most ${most}`);
  return value.map((each: unknown) => (typeof each === 'string' ? each : ''));
}

export function partyIdField(fields: Fields): PartyId {
  const value = fields['partyId'];
  if (typeof value !== 'string' || !isPartyId(value)) throw invalid('partyId', 'a party id of 52 z-base-32 characters');
  return value;
}

export function downloadIdField(fields: Fields): DownloadId {
  const value = fields['downloadId'];
  if (typeof value !== 'string' || !isDownloadId(value)) throw invalid('downloadId', 'a download id of 26 z-base-32 characters');
  return value;
}

/** Undefined when it is left out. */
export function optionalDownloadIdField(fields: Fields): DownloadId | undefined {
  return fields['downloadId'] === undefined ? undefined : downloadIdField(fields);
}

export function contentIdField(fields: Fields): ContentId {
  const value = fields['contentId'];
  if (typeof value !== 'string' || !isContentId(value)) throw invalid('contentId', 'a content id of 64 hexadecimal characters');
  return value;
}

/** `entry`: peer, share, and a path of checked parts. */
export function entryField(fields: Fields): EntryRef {
  const entry = fieldsOf(fields['entry']);
  return { peerId: peerIdField(entry), shareId: shareIdField(entry), path: parseSafePath(textField(entry, 'path', 4096)) };
}

/** At most so many. */
export function entriesField(fields: Fields, name: string, most: number): EntryRef[] {
  const given = fields[name];
  if (!Array.isArray(given) || given.length > most) throw invalid(name, `a list of at most ${most} entries`);
  return given.map((entry: unknown) => entryField({ entry }));
}

/** What a handler says of a field with a check of its own. */
export function invalid(name: string, expected: string): AppError {
  return new AppError('invalid-argument', `The parameter ${name} is not ${expected}.`);
}
