// Random changes to a followed folder, in bursts: after each burst the index is as a walk says, and nothing that is ignored or secret was
// ever told. Seeded; a failure prints the seed.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { secretReason } from '../../../../../src/sidecar/shares/secrets.ts';
import { inWorld, type WatchWorld, type WatchWorldOptions } from './watchWorld.ts';

const seed = Number(process.env['POTLUCK_SEED'] ?? Date.now() % 1_000_000);
const bursts = Number(process.env['POTLUCK_BURSTS'] ?? 10);

/** mulberry32, public domain. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Vandal {
  readonly #root: string;
  readonly #random: () => number;
  readonly done: string[] = [];

  constructor(root: string, random: () => number) {
    this.#root = root;
    this.#random = random;
  }

  burst(count: number): void {
    this.done.length = 0;
    for (let number = 0; number < count; number++) {
      try {
        this.#act();
      } catch {
        // Not possible here: a folder into itself, a file as a folder.
      }
    }
  }

  #act(): void {
    const folder = this.#folder();
    const name = this.#pick(['a', 'b', 'c', 'A', 'src', 'ü', 'x.log', 'y.log', '.env', 'id_rsa', 'build', '.ssh', 'd e', 'z']);
    const target = path.join(folder, name);
    const dice = this.#random();
    const note = (what: string): void => void this.done.push(`${what} ${path.relative(this.#root, target)}`);
    if (dice < 0.25) {
      note('write');
      writeFileSync(target, 'x'.repeat(Math.floor(this.#random() * 5)));
    } else if (dice < 0.32) {
      note('append');
      appendFileSync(target, 'more');
    } else if (dice < 0.5) {
      note('mkdir');
      mkdirSync(target);
    } else if (dice < 0.6) {
      note('rm');
      rmSync(target, { recursive: true });
    } else if (dice < 0.75) {
      const from = this.#entry();
      note(`from ${path.relative(this.#root, from)} to`);
      renameSync(from, target);
    } else if (dice < 0.8) {
      const rules = this.#pick(['*.log\n', 'build\n', '/a\n!b\n', 'src/\n', '', '*\n!c\n', '!*.log\n']);
      note(`rules ${JSON.stringify(rules)}`);
      writeFileSync(path.join(folder, this.#pick(['.gitignore', '.potluckignore'])), rules);
    } else if (dice < 0.84) {
      note('no rules');
      rmSync(path.join(folder, '.gitignore'));
    } else if (dice < 0.88) {
      note('link');
      symlinkSync(this.#pick(['/etc', '..', 'a']), target);
    } else if (dice < 0.92) {
      note('time');
      utimesSync(target, 1_000_000 + Math.floor(this.#random() * 3), 1_000_000);
    } else if (dice < 0.95) {
      note('tree');
      mkdirSync(path.join(target, 'p/q/r'), { recursive: true });
    } else {
      note('save');
      writeFileSync(`${target}~`, 'saved');
      renameSync(`${target}~`, target);
    }
  }

  #folder(): string {
    let folder = this.#root;
    while (this.#random() < 0.7) {
      const below = readdirSync(folder).filter((name) => lstatSync(path.join(folder, name)).isDirectory());
      if (below.length === 0) break;
      folder = path.join(folder, this.#pick(below));
    }
    return folder;
  }

  #entry(): string {
    const folder = this.#folder();
    return path.join(folder, this.#pick(readdirSync(folder)));
  }

  #pick(list: readonly string[]): string {
    const picked = list[Math.floor(this.#random() * list.length)];
    if (picked === undefined) throw new Error('nothing to pick');
    return picked;
  }
}

async function soak(world: WatchWorld, start: number, isPolled: boolean): Promise<void> {
  const random = randomOf(start);
  const vandal = new Vandal(world.root, random);
  vandal.burst(60);
  await world.start();
  for (let burst = 0; burst < (isPolled ? bursts / 3 : bursts); burst++) {
    vandal.burst(1 + Math.floor(random() * 40));
    try {
      // An edit in place changes no folder's time: where nobody tells of it, the sweep finds it.
      if (isPolled) await world.watcher.sweepNow(world.shareId);
      await world.follows();
    } catch (error) {
      throw new Error(`Burst ${burst} of seed ${start}: ${vandal.done.join('; ')}`, { cause: error });
    }
    // In the middle of a burst: changes go on while the last ones are looked at.
    if (random() < 0.3) {
      vandal.burst(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (random() < 0.2) await world.watcher.rebase(world.shareId, world.packed());
    if (random() < 0.2) {
      world.watcher.hold(world.shareId);
      vandal.burst(10);
      world.watch(world.scan().scannedAtMs);
    }
    assert.ok(existsSync(world.root));
  }
  for (const { folders } of world.steps)
    for (const { path: folder, set } of folders)
      for (const { name, kind } of set)
        assert.equal(secretReason(name, path.basename(folder), kind === 'folder'), undefined, `${folder}/${name}`);
}

const ways: { name: string; options: WatchWorldOptions }[] = [
  { name: 'watched', options: {} },
  { name: 'mostly polled', options: { watchedFolders: 3 } },
];

for (const { name, options } of ways)
  test(`random changes are followed: ${name}`, { skip: process.platform !== 'linux' }, async () => {
    await inWorld('soak', async (world) => soak(world, seed, options.watchedFolders !== undefined), options);
  });
