// What a peer says of its NAT while a hole is punched. hyperdht keeps it to itself and answers "aborted" whatever the reason; the reason decides
// what a person can do about it. Reads copies of the replies, and changes nothing.
// What is overridden has no public name: package.json pins the version, and the tests in namespaces tell when it is another.

import type HyperDHT from 'hyperdht';
import SecurePayload from 'hyperdht/lib/secure-payload.js';

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

  heard(reply: Uint8Array): void {
    const said = this.#secrets?.decrypt(Buffer.from(reply)); // A copy: it is opened in place.
    if (!said) return;
    if (said.error === aborted) this.#isAborted = true;
    else if (said.error === 0 && said.firewall !== 0) this.#firewall = said.firewall;
  }

  /** Its NAT chooses ports at random. It says so, or, when ours does as well, aborts before it says anything. */
  get isRandom(): boolean {
    return this.#firewall === firewall.random || (this.#isAborted && this.#firewall === 0);
  }
}

/** Hears the replies to our connects, by the hash of the key that is connected to. */
export function listenToPunching(dht: HyperDHT, talks: ReadonlyMap<string, PunchTalk>): void {
  const ask = dht._router.peerHolepunch.bind(dht._router);
  dht._router.peerHolepunch = async (target, message, to) => {
    const reply = await ask(target, message, to);
    talks.get(Buffer.from(target).toString('hex'))?.heard(reply.payload);
    return reply;
  };
}
