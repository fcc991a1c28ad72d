// A small world for integration tests: a loopback DHT and real sidecars as processes on it, each with its own data folder.
// Everything is torn down when the test ends, whatever happened.

import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type HyperDHT from 'hyperdht';
import createTestnet from 'hyperdht/testnet.js';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import type { ShareId } from '../../src/protocol/ids.ts';
import type { CatalogShare, DownloadInfo, Entry, EntryRef, PeerInfo, ShareInfo } from '../../src/protocol/model.ts';
import type { NotificationMethod } from '../../src/protocol/rpc.ts';
import { productVersion } from '../../src/protocol/version.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
/** Where dist/ lies: another build than the project's own may be tested. */
export const builtFolder = path.join(process.env['POTLUCK_TEST_BUILD'] ?? projectRoot, 'dist');
export const sidecarScript = path.join(builtFolder, 'sidecar.cjs');

export interface TestPeer {
  name: string;
  client: SidecarClient;
  dataFolder: string;
  downloadFolder: string;
  /** Ends the process in order and waits for it. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same data folder. */
  start(): Promise<void>;
  log(): string;
}

export interface World {
  folder: string;
  bootstrap: string;
  /** The nodes of the DHT. */
  dht: HyperDHT[];
  /** `execPath`: what runs the sidecar's script instead of this Node. */
  peer(name: string, options?: { execPath?: string }): Promise<TestPeer>;
  /** Called when all processes are gone and before the folder is. */
  atEnd(act: () => void): void;
}

/** A world that goes away with the test. */
export async function createWorld(t: TestContext): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const testnet = await createTestnet(6);
  const bootstrap = testnet.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
  const peers: TestPeer[] = [];
  const endings: (() => void)[] = [];
  t.after(async () => {
    await Promise.all(peers.map((peer) => peer.kill()));
    await testnet.destroy();
    for (const act of endings) act();
    await clearAway(folder);
  });
  return {
    folder,
    bootstrap,
    dht: testnet.nodes,
    atEnd: (act) => void endings.push(act),
    peer: async (name, { execPath = process.execPath } = {}) => {
      const peer = await startPeer(path.join(folder, name), name, { bootstrap, execPath });
      peers.push(peer);
      return peer;
    },
  };
}

/** A sidecar with its folders below `folder`. `bootstrap`: '' is the public DHT. */
export async function startPeer(folder: string, name: string, how: { bootstrap: string; execPath: string }): Promise<TestPeer> {
  const dataFolder = path.join(folder, 'data');
  const downloadFolder = path.join(folder, 'downloads');
  mkdirSync(downloadFolder, { recursive: true });
  const connect = (): Promise<SidecarClient> =>
    SidecarClient.connect({
      dataFolder,
      client: 'test',
      clientVersion: productVersion,
      launch: {
        execPath: how.execPath,
        script: sidecarScript,
        args: ['--bootstrap', how.bootstrap, '--download-folder', downloadFolder, '--verbose'],
      },
    });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = new Promise<void>((resolve) => void peer.client.onClose(resolve));
    try {
      process.kill(peer.client.sidecarPid, signal);
    } catch {
      return; // It ended by itself.
    }
    await gone;
    await processGone(peer.client.sidecarPid);
  };
  const peer: TestPeer = {
    name,
    dataFolder,
    downloadFolder,
    client: await connect(),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start: async () => {
      peer.client = await connect();
    },
    log: () => readFileSync(path.join(dataFolder, 'logs', 'sidecar.log'), 'utf8'),
  };
  await peer.client.request('settings/set', { nickname: name });
  return peer;
}

/** A detached process tells nobody when it ends: ask until it is gone. */
function processGone(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      try {
        process.kill(pid, 0);
      } catch {
        clearInterval(timer);
        resolve();
      }
    }, 20);
  });
}

/**
 * kill -9 to every process that was started for a folder, then the folder goes. A client that lost the race to start a sidecar leaves one
 * behind that is about to find the lock taken: it must not find it free instead.
 */
export async function clearAway(folder: string): Promise<void> {
  for (const pid of process.platform === 'linux' ? readdirSync('/proc').map(Number).filter(Boolean) : []) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) continue;
      process.kill(pid, 'SIGKILL');
      await processGone(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Waits until `check` answers something, looking now and whenever one of the notifications comes. Fails past the deadline. */
export async function until<T>(
  client: SidecarClient,
  on: NotificationMethod[],
  check: () => Promise<T | undefined | false>,
  options: { what: string; timeoutMs?: number },
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 20_000;
  return new Promise<T>((resolve, reject) => {
    let isLooking = false;
    let again = false;
    const look = async (): Promise<void> => {
      if (isLooking) {
        again = true;
        return;
      }
      isLooking = true;
      try {
        do {
          again = false;
          const found = await check();
          if (found !== undefined && found !== false) {
            finish();
            resolve(found);
            return;
          }
        } while (again);
      } catch (error) {
        finish();
        reject(error instanceof Error ? error : new Error(String(error)));
      } finally {
        isLooking = false;
      }
    };
    const listening = on.map((method) => client.on(method, () => void look()));
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`${options.what}: not within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      for (const each of listening) each.dispose();
    };
    void look();
  });
}

/** Waits until `viewer` sees `peer` online. */
export function seen(viewer: TestPeer, peer: TestPeer, isOnline = true): Promise<PeerInfo> {
  return until(
    viewer.client,
    ['peers/changed'],
    async () =>
      (await viewer.client.request('peers/list', {})).find(
        (each) => each.peerId === peer.client.peerId && each.isOnline === isOnline,
      ),
    { what: `${viewer.name} sees ${peer.name} ${isOnline ? 'online' : 'offline'}`, timeoutMs: 30_000 },
  );
}

/** Waits until `viewer` has the whole index of the share of this title. */
export function indexed(viewer: TestPeer, owner: TestPeer, title: string): Promise<CatalogShare> {
  return until(
    viewer.client,
    ['catalog/changed'],
    async () =>
      (await viewer.client.request('catalog/shares', { peerId: owner.client.peerId })).find(
        (share) => share.title === title && share.indexState === 'ready',
      ),
    { what: `${viewer.name} has the index of ${title}`, timeoutMs: 60_000 },
  );
}

/** Waits until a download has ended, well or not. */
export function ended(peer: TestPeer, download: DownloadInfo): Promise<DownloadInfo> {
  return until(
    peer.client,
    ['downloads/changed'],
    async () =>
      (await peer.client.request('downloads/list', {})).find(
        (each) => each.downloadId === download.downloadId && ['done', 'failed', 'cancelled'].includes(each.state),
      ),
    { what: `the download of ${download.name} ends`, timeoutMs: 60_000 },
  );
}

/** Every entry of a share, by path, through pages as a client would ask. */
export async function listAll(client: SidecarClient, ref: EntryRef): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  const folders = [ref.path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (let offset = 0; ;) {
      const page = await client.request('catalog/list', { entry: { ...ref, path: folder }, offset, limit: 5000 });
      for (const entry of page.entries) {
        const below = folder === '' ? entry.name : `${folder}/${entry.name}`;
        found.set(below, entry);
        if (entry.kind === 'folder') folders.push(below);
      }
      offset += page.entries.length;
      if (offset >= page.total || page.entries.length === 0) break;
    }
  }
  return found;
}

/** Files and folders of a real tree by relative path: what `diff -r` compares. */
export function treeOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (relative: string): void => {
    for (const name of readdirSync(path.join(folder, relative))) {
      const below = relative === '' ? name : `${relative}/${name}`;
      const stats = lstatSync(path.join(folder, below));
      if (stats.isDirectory()) {
        found.set(below, 'folder');
        visit(below);
      } else if (stats.isSymbolicLink()) found.set(below, `link ${readlinkSync(path.join(folder, below))}`);
      else if (stats.isFile())
        found.set(
          below,
          createHash('sha256')
            .update(readFileSync(path.join(folder, below)))
            .digest('hex'),
        );
      else found.set(below, 'special');
    }
  };
  visit('');
  return found;
}

/**
 * A real tree of at least `files` files: hard links of this project's own node_modules, as often as it takes. Kept between runs.
 */
export function largeTree(files: number): string {
  const source = path.join(projectRoot, 'node_modules');
  const target = path.join(source, '.cache', 'potluck-large-tree');
  let count = 0;
  const copy = (from: string, to: string, isTop: boolean): void => {
    mkdirSync(to, { recursive: true });
    for (const item of readdirSync(from, { withFileTypes: true })) {
      if (isTop && item.name === '.cache') continue;
      const [a, b] = [path.join(from, item.name), path.join(to, item.name)];
      if (item.isDirectory()) copy(a, b, false);
      else if (item.isFile()) {
        if (!existsSync(b)) linkSync(a, b);
        count++;
      }
    }
  };
  for (let round = 1; count < files; round++) copy(source, path.join(target, `copy-${round}`), true);
  return target;
}

/** Waits until an own share follows its folder: scanned, or checked after a start. */
export function watched(owner: TestPeer, shareId: ShareId, timeoutMs = 30_000): Promise<ShareInfo> {
  return until(
    owner.client,
    ['shares/changed'],
    async () =>
      (await owner.client.request('shares/list', {})).find((share) => share.shareId === shareId && share.state === 'watching'),
    { what: `${owner.name} watches its share`, timeoutMs },
  );
}
