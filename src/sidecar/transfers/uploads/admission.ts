// Lets requests in: small reads at once, others when their peer has a slot; lists each from the moment that it asks.

import { asAppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import type { ServeOptions } from '../../wire/services.ts';
import { FreeReads } from './freeReads.ts';
import { type Permit, Slots, type SlotsOptions } from './slots.ts';
import type { ListedRequest, UploadList, UploadSubject } from './uploadList.ts';

/** A request that was let in. `listed` is undefined for one that takes no bytes. */
export interface Admitted {
  permit: Permit;
  listed: ListedRequest | undefined;
}

export class Admission {
  readonly #slots: Slots;
  readonly #freeReads = new FreeReads();
  readonly #list: UploadList;

  constructor(list: UploadList, options: SlotsOptions) {
    this.#list = list;
    this.#slots = new Slots(options);
  }

  /** Waits for leave to send so many bytes. Rejects as `Slots.enter`. */
  async enter(subject: UploadSubject, bytes: number, options: ServeOptions): Promise<Admitted> {
    if (bytes <= 0) return { permit: forNothing, listed: undefined };
    const { peerId } = subject;
    const listed = this.#list.begin(subject);
    try {
      const free = this.#slots.holds(peerId) ? undefined : this.#freeReads.enter(peerId, bytes);
      if (free !== undefined) return { permit: free, listed };
      const permit = await this.#slots.enter(peerId, {
        signal: options.signal,
        onPosition: (position) => {
          listed.position(position);
          options.onPosition?.(position);
        },
      });
      listed.position(0);
      return { permit, listed };
    } catch (error) {
      listed.end(asAppError(error));
      throw error;
    }
  }

  /** Ends everything of this peer with this error. */
  drop(peerId: PeerId, error: Error): void {
    this.#slots.drop(peerId, error);
    this.#freeReads.drop(peerId, error);
  }

  /** The number of slots, or who goes first, is another one. */
  changed(): void {
    this.#slots.changed();
  }

  close(error: Error): void {
    this.#slots.close(error);
    this.#freeReads.close(error);
  }
}

/** A request that was let in and failed before its first byte; answers the error that says why. */
export function letGo({ permit, listed }: Admitted, error: unknown): unknown {
  permit.release();
  const reason: unknown = permit.signal.aborted ? permit.signal.reason : error;
  listed?.end(asAppError(reason));
  return reason;
}

/** For a request that takes no bytes. */
const forNothing: Permit = {
  signal: new AbortController().signal,
  sent: () => undefined,
  excuse: () => undefined,
  release: () => undefined,
};
