// Syncthing: two instances on loopback that know each other; from adding the folder at the giver (its scan) to in sync at the taker.

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../scripts/localPeers.ts';
import { freePort } from './ssh.ts';
import { below, Meter, type Tool } from './tool.ts';

const run = promisify(execFile);
const folderId = 'bench';

export const syncthing: Tool = {
  version: async () => {
    const { stdout } = await run('syncthing', ['--version']);
    return /v([\d.]+)/.exec(stdout)?.[1] ?? '';
  },
  run: async ({ folder, from, to, file, sizeBytes }) => {
    const [giver, taker] = [await start(path.join(folder, 'giver')), await start(path.join(folder, 'taker'))];
    try {
      await giver.know(taker);
      await taker.know(giver);
      await taker.offer(to, giver, { type: 'receiveonly', paused: true });
      await until('them to be connected', () => giver.isConnectedTo(taker), 60_000);
      const [giverMeter, takerMeter] = [new Meter(() => below(giver.pid)), new Meter(() => below(taker.pid))];
      const startedMs = performance.now();
      // The folder is paused at the taker: so the scan is told from the transfer.
      await giver.offer(from, taker, { type: 'sendonly', paused: false });
      await fast(() => giver.hasScanned(sizeBytes));
      const scannedMs = performance.now();
      await taker.resume();
      await fast(() => taker.isInSync(sizeBytes));
      const endedMs = performance.now();
      return {
        ...{ prepareMs: scannedMs - startedMs, transferMs: endedMs - scannedMs },
        ...{ giver: giverMeter.stop(), taker: takerMeter.stop(), landed: path.join(to, file) },
      };
    } finally {
      giver.stop();
      taker.stop();
    }
  },
};

async function start(home: string) {
  mkdirSync(home, { recursive: true });
  await run('syncthing', ['generate', `--home=${home}`, '--skip-port-probing', '--no-default-folder']);
  const config = readFileSync(path.join(home, 'config.xml'), 'utf8');
  const apiKey = /<apikey>(.+?)<\/apikey>/.exec(config)?.[1] ?? '';
  const id = /<device id="(.+?)"/.exec(config)?.[1] ?? '';
  const [apiPort, port] = [await freePort(), await freePort()];
  const child = spawn(
    'syncthing',
    ['serve', `--home=${home}`, '--no-browser', '--no-restart', `--gui-address=127.0.0.1:${apiPort}`],
    {
      stdio: 'ignore',
      env: { ...process.env, STNOUPGRADE: '1' },
    },
  );
  const ask = async (method: string, url: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${apiPort}/rest/${url}`, {
      method,
      headers: { 'X-API-Key': apiKey },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  await until(
    'Syncthing to answer',
    () =>
      ask('GET', 'system/ping').then(
        () => true,
        () => false,
      ),
    60_000,
  );
  const off = {
    globalAnnounceEnabled: false,
    localAnnounceEnabled: false,
    relaysEnabled: false,
    natEnabled: false,
    urAccepted: -1,
    crashReportingEnabled: false,
    reconnectionIntervalS: 1,
  };
  await ask('PATCH', 'config/options', { ...off, listenAddresses: [`tcp://127.0.0.1:${port}`] });
  return {
    id,
    port,
    pid: child.pid ?? 0,
    stop: () => void child.kill('SIGKILL'),
    know: async (other: { id: string; port: number }) => {
      await ask('POST', 'config/devices', { deviceID: other.id, addresses: [`tcp://127.0.0.1:${other.port}`] });
    },
    offer: async (folder: string, other: { id: string }, how: { type: string; paused: boolean }) => {
      const devices = [{ deviceID: id }, { deviceID: other.id }];
      await ask('PUT', `config/folders/${folderId}`, {
        id: folderId,
        path: folder,
        ...how,
        devices,
        fsWatcherEnabled: false,
        rescanIntervalS: 3600,
      });
    },
    resume: () => ask('PATCH', `config/folders/${folderId}`, { paused: false }),
    isConnectedTo: async (other: { id: string }) => {
      const { connections } = (await ask('GET', 'system/connections')) as { connections: Record<string, { connected: boolean }> };
      return connections[other.id]?.connected === true;
    },
    hasScanned: async (bytes: number) => {
      const status = (await ask('GET', `db/status?folder=${folderId}`).catch(() => ({}))) as {
        localBytes?: number;
        state?: string;
      };
      return status.localBytes === bytes && status.state === 'idle';
    },
    isInSync: async (bytes: number) => {
      const status = (await ask('GET', `db/status?folder=${folderId}`)) as Record<string, unknown>;
      return status['localBytes'] === bytes && status['needBytes'] === 0 && status['state'] === 'idle';
    },
  };
}

async function fast(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('Syncthing did not get there in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
