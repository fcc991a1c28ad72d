// `--stdio` beside a running sidecar: passes messages between the standard streams and its socket, and says the token in the
// client's hello, which a client on stdio does not know.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { type Message, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { socketPath, tokenFile } from '../protocol/locations.ts';

/** Resolves when either side ends. */
export async function relay(dataFolder: string, input: Readable, output: Writable): Promise<void> {
  const socket = connect(socketPath(dataFolder));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const toSidecar = new StreamMessageWriter(socket);
  const toClient = new StreamMessageWriter(output);
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve()).on('error', () => socket.destroy());
    input.once('end', () => resolve()).once('error', () => resolve());
    output.once('error', () => resolve());
  });
  const failed = (): void => void socket.destroy();
  new StreamMessageReader(socket).listen((message) => void toClient.write(message).catch(failed));
  new StreamMessageReader(input).listen((message) => void toSidecar.write(withToken(message, dataFolder)).catch(failed));
  await ended;
  socket.destroy();
}

function withToken(message: Message, dataFolder: string): Message {
  if (!('method' in message) || message.method !== 'session/hello') return message;
  if (!('params' in message) || typeof message.params !== 'object' || message.params === null) return message;
  return { ...message, params: { ...message.params, token: readFileSync(tokenFile(dataFolder), 'utf8').trim() } } as Message;
}
