// Runs one bench of bench/ in a process of its own, against a fresh build. Its last line is one JSON object.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { bundle, hostTarget } from './bundle.ts';
import { root } from './projectRoot.ts';

const extension = /\.(ts|mjs)$/;

/** `node scripts/bench.mjs NAME [ARGS…]` */
export async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  const folder = path.join(root, 'bench');
  const file = ['ts', 'mjs'].map((ending) => path.join(folder, `${name}.${ending}`)).find((candidate) => existsSync(candidate));
  if (name === undefined || file === undefined) {
    const names = readdirSync(folder).filter((entry) => extension.test(entry));
    const known = names.map((entry) => entry.replace(extension, '')).join(', ');
    throw new Error(`There is no bench ${JSON.stringify(name ?? '')}. Benches: ${known}.`);
  }
  await bundle({ target: hostTarget(), sourcemap: true });
  const child = spawn(process.execPath, [file, ...rest], { cwd: root, stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
