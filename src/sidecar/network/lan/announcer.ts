// Says on every interface that we are here, asks who else is, and answers who asks: at once and a few times after a change, then twice a minute. What
// it says changes every ten minutes, and means nothing to who does not know what stands behind it.

import { randomBytes, randomInt } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { lanLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { announcements, asksForUs, labelLength, labelText } from './announcement.ts';
import type { LanInterface } from './interfaces.ts';
import { Multicast } from './multicast.ts';
import { periodOf, type Secret, tokenOf } from './tokens.ts';

export interface AnnouncerOptions {
  log: Log;
  secrets(): readonly Secret[];
  tokenOf(secret: Secret): Uint8Array;
  /** Where peers on this interface reach us; 0 = nowhere yet. */
  portAt(lan: LanInterface): number;
  isInTime(host: string): boolean;
  onResponse(lan: LanInterface, packet: unknown, from: RemoteInfo): void;
  onChange(): void;
  now?: () => number;
}

interface Voice {
  multicast: Multicast;
  saidAtMs: number;
  answer: NodeJS.Timeout | undefined;
}

/** So that the number of parties does not show: tokens are filled up to a multiple of this. */
const group = 4;

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #now: () => number;
  readonly #voices = new Map<string, Voice>();
  readonly #decoys = Array.from({ length: group - 1 }, () => randomBytes(32));
  #label: { period: number; bytes: Buffer; text: string } | undefined;
  #early: NodeJS.Timeout | undefined;
  #steady: NodeJS.Timeout | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get label(): string {
    return this.#currentLabel().text;
  }

  get labelBytes(): Buffer {
    return this.#currentLabel().bytes;
  }

  textOf(label: Uint8Array): string {
    return labelText(label);
  }

  get status(): { name: string; family: 'IPv4' | 'IPv6'; address: string; failure?: string }[] {
    return [...this.#voices.values()].map(({ multicast: { lan, failure } }) => ({
      ...{ name: lan.name, family: lan.family, address: lan.address },
      ...(failure !== undefined && { failure }),
    }));
  }

  /** Speaks on these interfaces from now on. True when they are others. What failed is tried again. */
  set(lans: readonly LanInterface[]): boolean {
    const names = new Set(lans.map(nameOf));
    let isChanged = false;
    for (const [name, voice] of [...this.#voices]) {
      if (names.has(name)) continue;
      this.#silence(name, voice);
      isChanged = true;
    }
    for (const lan of lans) {
      const before = this.#voices.get(nameOf(lan));
      if (before) before.multicast.look();
      else {
        this.#voices.set(nameOf(lan), this.#voice(lan));
        isChanged = true;
      }
    }
    if (isChanged) this.soon();
    return isChanged;
  }

  /** Something is new: says it several times, as packets get lost and interfaces need their time. */
  soon(): void {
    clearTimeout(this.#early);
    clearInterval(this.#steady);
    if (this.#voices.size === 0) return;
    this.#steady = setInterval(() => this.#sayAll(), lanLimits.announceMs).unref();
    const next = ([waitMs, ...later]: readonly number[]): void => {
      if (waitMs === undefined) return;
      this.#early = setTimeout(() => {
        this.#sayAll();
        next(later.map((ms) => ms - waitMs));
      }, waitMs).unref();
    };
    next(lanLimits.earlyMs);
  }

  /** For somebody who came just now: soon, and not more than once a second. */
  answer(lan: LanInterface): void {
    const voice = this.#voices.get(nameOf(lan));
    if (!voice || voice.answer !== undefined) return;
    const [least, most] = lanLimits.answerMs;
    const waitMs = Math.max(randomInt(least, most), voice.saidAtMs + lanLimits.answerAgainMs - performance.now());
    voice.answer = setTimeout(() => {
      voice.answer = undefined;
      this.#say(voice);
    }, waitMs).unref();
  }

  #voice(lan: LanInterface): Voice {
    const options = this.#options;
    const multicast = new Multicast({
      lan,
      isInTime: (host) => options.isInTime(host),
      onQuery: (packet) => {
        if (asksForUs(packet)) this.answer(lan);
      },
      onResponse: (packet, from) => options.onResponse(lan, packet, from),
      onState: (failure) => {
        if (failure !== undefined) options.log.warn(`no multicast on ${lan.name} (${lan.family}), trying again: ${failure}`);
        options.onChange();
      },
    });
    multicast.open();
    return { multicast, saidAtMs: -Infinity, answer: undefined };
  }

  #silence(name: string, voice: Voice): void {
    clearTimeout(voice.answer);
    voice.multicast.close();
    this.#voices.delete(name);
    if (this.#voices.size > 0) return;
    clearTimeout(this.#early);
    clearInterval(this.#steady);
  }

  #sayAll(): void {
    for (const voice of this.#voices.values()) {
      voice.multicast.ask();
      this.#say(voice);
    }
  }

  #say(voice: Voice): void {
    const { lan } = voice.multicast;
    const port = this.#options.portAt(lan);
    if (port === 0) return; // Said as soon as there is one.
    voice.saidAtMs = performance.now();
    voice.multicast.say(announcements(this.#tokens(), { label: this.labelBytes, port, host: lan.address }));
  }

  /** In an order that says nothing. */
  #tokens(): Uint8Array[] {
    const tokens = this.#options.secrets().map((secret) => this.#options.tokenOf(secret));
    if (tokens.length === 0) return [];
    const period = periodOf(this.#now());
    const missing = (group - (tokens.length % group)) % group;
    for (const decoy of this.#decoys.slice(0, missing)) tokens.push(tokenOf(decoy, period));
    return tokens.sort((a, b) => Buffer.compare(a, b));
  }

  #currentLabel(): { period: number; bytes: Buffer; text: string } {
    const period = periodOf(this.#now());
    if (this.#label?.period !== period) {
      const bytes = randomBytes(labelLength);
      this.#label = { period, bytes, text: labelText(bytes) };
    }
    return this.#label;
  }
}

function nameOf({ name, family, address, subnets }: LanInterface): string {
  return [name, family, address, ...subnets].join(' ');
}
