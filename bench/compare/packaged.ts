// Tools that come as packages: installed into a folder of their own for the bench, each side a process that runs a small script of ours beside them.

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLoopbackNetwork } from '../../scripts/localPeers.ts';
import { Meter, Teller, type Measured, type Task, type Tool } from './tool.ts';

const run = promisify(execFile);

const manifest = {
  name: 'compared',
  private: true,
  dependencies: { '@number0/iroh': '0.35.0', hyperdrive: '13.3.4', corestore: '7.12.5', hyperswarm: '4.17.0' },
  // The newest Hypercore wants a storage that the registry may lack.
  overrides: { hypercore: '11.37.1', corestore: '7.12.5' },
};

export const iroh: Tool = { version: () => versionOf('@number0/iroh'), run: (task) => between('irohSide.mjs', task, '') };

export const hyperdrive: Tool = {
  version: () => versionOf('hyperdrive'),
  run: async (task) => {
    const network = await startLoopbackNetwork();
    try {
      return await between('hyperdriveSide.mjs', task, network.bootstrap.join(','));
    } finally {
      await network.close();
    }
  },
};

async function versionOf(name: string): Promise<string> {
  const folder = await installed();
  return (JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version;
}

async function installed(): Promise<string> {
  const folder = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'potluck-bench', 'compared');
  const wanted = JSON.stringify(manifest);
  const kept = path.join(folder, 'package.json');
  if (existsSync(path.join(folder, 'node_modules')) && existsSync(kept) && readFileSync(kept, 'utf8') === wanted) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(kept, wanted);
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}

/** Giver: imports, then tells how to get it. Taker: gets it and tells when it lies there. */
async function between(script: string, { folder, from, to, file }: Task, bootstrap: string): Promise<Measured> {
  const packages = await installed();
  copyFileSync(fileURLToPath(new URL(`./${script}`, import.meta.url)), path.join(packages, script));
  const side = (role: string): Teller =>
    new Teller(process.execPath, [path.join(packages, script), role, path.join(folder, role), bootstrap], { cwd: packages });
  const [giver, taker] = [side('giver'), side('taker')];
  try {
    await giver.hear();
    await taker.hear();
    const [giverMeter, takerMeter] = [new Meter(() => [giver.pid]), new Meter(() => [taker.pid])];
    const startedMs = performance.now();
    giver.say(JSON.stringify({ path: path.join(from, file) }));
    const ticket = await giver.hear();
    const importedMs = performance.now();
    const landed = path.join(to, file);
    taker.say(JSON.stringify({ ticket, path: landed }));
    await taker.hear();
    const endedMs = performance.now();
    return {
      ...{ prepareMs: importedMs - startedMs, transferMs: endedMs - importedMs },
      ...{ giver: giverMeter.stop(), taker: takerMeter.stop(), landed },
    };
  } finally {
    giver.end();
    taker.end();
  }
}
