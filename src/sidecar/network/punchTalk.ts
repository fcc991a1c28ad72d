// What a peer says of its NAT while a hole is punched. hyperdht keeps it to itself and answers "aborted" whatever the reason; the reason decides
// what a person can do about it. Reads copies of the replies; ends a talk in which too many addresses are named, to each of which packets would go.
// What is overridden has no public name: package.json pins the version, and the tests in namespaces tell when it is another.

import type HyperDHT from 'hyperdht';
import SecurePayload from 'hyperdht/lib/secure-payload.js';
import { admissionLimits } from '../limits.ts';

/** hyperdht/lib/constants.js. */
const firewall = { open: 1, consistent: 2, random: 3 } as const;
const aborted = 1;

/** What one connect heard; kept while it lasts. */
export class PunchTalk {
  #secrets: SecurePayload | undefined;
  #firewall = 0;
  #isAborted = false;

  /** The handshake is done: its secret opens what is said from now on. */
  begin(holepunchSecret: Uint8Array): void {
    this.#secrets = new SecurePayload(holepunchSecret);
  }

  /** False when it may not go on: whoever names more addresses than a peer has is after somebody else's door. */
  heard(reply: Uint8Array): boolean {
    const said = this.#secrets?.decrypt(Buffer.from(reply)); // A copy: it is opened in place.
    if (!said) return true; // hyperdht takes none that cannot be opened.
    if ((said.addresses?.length ?? 0) > admissionLimits.addresses) return false;
    if (said.error === aborted) this.#isAborted = true;
    else if (said.error === 0 && said.firewall !== 0) this.#firewall = said.firewall;
    return true;
  }

  /** Its NAT chooses ports at random. It says so, or, when ours does as well, aborts before it says anything. */
  get isRandom(): boolean {
    return this.#firewall === firewall.random || (this.#isAborted && this.#firewall === 0);
  }
}

/** Hears the replies to our connects, by the hash of the key that is connected to; a connect whose talk may not go on fails. */
export function listenToPunching(dht: HyperDHT, talks: ReadonlyMap<string, PunchTalk>): void {
  const ask = dht._router.peerHolepunch.bind(dht._router);
  dht._router.peerHolepunch = async (target, message, to) => {
    const reply = await ask(target, message, to);
    const talk = talks.get(Buffer.from(target).toString('hex'));
    if (talk?.heard(reply.payload) === false) throw new Error('the peer names more addresses than a peer has');
    return reply;
  };
}
