// Direct links over TLS 1.3 with an external pre-shared key (RFC 8446, 2.2): no certificate on either side; the key is made of secrets that only
// the session's two ends know (offer.ts), so whoever completes the handshake is the other end. Forward secret: the key exchange is psk_dhe_ke.

import { constants, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import tls from 'node:tls';
import { linkLimits } from '../../limits.ts';
import { FrameReader } from './frameReader.ts';
import { onreadOf, readInto } from './readInto.ts';
import { TlsFrames } from './tlsFrames.ts';

/** An external pre-shared key goes with SHA-256 suites only; AES in hardware is the fastest there is. */
const suite = 'TLS_AES_128_GCM_SHA256';

const context = {
  ciphers: suite,
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  // A ticket would let a later connection in past the key.
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const;

/** Something listens there, and did not prove the key. */
export class HandshakeFailed extends Error {}

const secureContext = tls.createSecureContext(context);

/** Connects to a listener and proves the key to each other. Rejects when it cannot, or is not who we mean. */
export async function dialTls(
  address: { host: string; port: number },
  key: { psk: Buffer; token: string },
  { signal }: { signal: AbortSignal },
): Promise<TlsFrames> {
  signal.throwIfAborted();
  const reader = new FrameReader();
  const socket = tls.connect({
    ...context,
    ...address,
    // Node's declarations lack it here; a TLS socket that makes its own connection hands it on.
    ...{ onread: onreadOf(reader) },
    pskCallback: () => ({ psk: key.psk, identity: key.token }),
    // Asked only when the other side showed a certificate instead: then it does not know the key.
    checkServerIdentity: () => new Error('it proved no key'),
    rejectUnauthorized: true,
  });
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const fail = (error: Error): void => {
      socket.destroy();
      signal.removeEventListener('abort', onAbort);
      reject(isConnected && !signal.aborted ? new HandshakeFailed(error.message, { cause: error }) : error);
    };
    const onAbort = (): void => fail(new Error('not in time'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('connect', () => (isConnected = true));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.once('secureConnect', () => {
      if (!isProven(socket)) return fail(new Error('it proved no key'));
      signal.removeEventListener('abort', onAbort);
      resolve(new TlsFrames(socket, reader));
    });
  });
}

/** Both sides look again that it is what they asked for. */
function isProven(socket: tls.TLSSocket): boolean {
  return (
    socket.getProtocol() === 'TLSv1.3' &&
    socket.getCipher().standardName === suite &&
    socket.isSessionReused() && // What OpenSSL calls a handshake by pre-shared key.
    Object.keys(socket.getPeerCertificate()).length === 0
  );
}

/**
 * The listener's side of it, on a TCP connection that begins as TLS does. `keyOf`: the key behind a token that we gave, undefined for any
 * other. Rejects when the handshake fails; the token that the other side proved names the session.
 */
export async function acceptTls(
  tcp: Socket,
  keyOf: (token: string) => Buffer | undefined,
): Promise<{ stream: TlsFrames; token: string }> {
  let token: string | undefined;
  const reader = new FrameReader();
  const socket = new tls.TLSSocket(tcp, {
    secureContext,
    isServer: true,
    ...{
      pskCallback: (_socket: tls.TLSSocket, identity: string) => {
        token = identity;
        return keyOf(identity) ?? null;
      },
    },
  });
  const isReadInto = mayReadInto && readInto(socket, reader);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      tcp.destroy();
      reject(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.once('secure', () => {
      if (token === undefined || !isProven(socket)) fail(new Error('it proved no key'));
      else resolve({ stream: new TlsFrames(socket, isReadInto ? reader : undefined), token });
    });
  });
}

let canTls: Promise<boolean> | undefined;

/** Off when trying it showed that it does not work here. */
let mayReadInto = true;

/** Whether this runtime can do all of it: BoringSSL may not. Tried once, on loopback. */
export async function understandsTls(): Promise<boolean> {
  canTls ??= tryTls()
    .catch(async () => {
      mayReadInto = false;
      return tryTls();
    })
    .then(
      () => true,
      () => false, // Then links run over Noise.
    );
  return canTls;
}

/** A link to ourselves, one frame there and one back. */
async function tryTls(): Promise<void> {
  const [psk, signal] = [randomBytes(32), AbortSignal.timeout(linkLimits.handshakeMs)];
  const server = createServer();
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening', { signal });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const accepted = once(server, 'connection', { signal }).then(async ([tcp]: unknown[]) => {
      if (!(tcp instanceof Socket)) throw new Error('no socket');
      return acceptTls(tcp, () => psk);
    });
    const [dialed, { stream }] = await Promise.all([
      dialTls({ host: '127.0.0.1', port: address.port }, { psk, token: 'self-test' }, { signal }),
      accepted,
    ]);
    const frames = [once(dialed, 'data', { signal }), once(stream, 'data', { signal })];
    dialed.write(Buffer.from('there'));
    stream.write(Buffer.from('back'));
    const [back, there] = (await Promise.all(frames)).map(String);
    dialed.destroy();
    stream.destroy();
    if (there !== 'there' || back !== 'back') throw new Error('it garbled a frame');
  } finally {
    server.close();
  }
}
