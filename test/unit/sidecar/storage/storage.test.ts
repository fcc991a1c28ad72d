// The data folder's keepers: database, lock, identity, settings, log file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import type { Settings } from '../../../../src/protocol/model.ts';
import { localLimits } from '../../../../src/sidecar/limits.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { loadIdentity, peerIdOf, publicKeyOf } from '../../../../src/sidecar/storage/identity.ts';
import { takeLock } from '../../../../src/sidecar/storage/lock.ts';
import { LogFile } from '../../../../src/sidecar/storage/logFile.ts';
import { isHostAndPort, SettingsStore } from '../../../../src/sidecar/storage/settings.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a transaction that fails leaves nothing, one that ends is there after reopening', (t) => {
  const folder = temporary(t);
  const db = new Database(folder);
  assert.throws(() =>
    db.transaction(() => {
      db.run("INSERT INTO setting VALUES ('a', '1')");
      throw new Error('no');
    }),
  );
  db.transaction(() => db.run("INSERT INTO setting VALUES ('b', '2')"));
  db.close();
  const again = new Database(folder);
  t.after(() => again.close());
  assert.deepEqual(
    again.all<{ name: string }>('SELECT name FROM setting').map((row) => row.name),
    ['b'],
  );
});

test('a database of a newer version is left alone and said', (t) => {
  const folder = temporary(t);
  new Database(folder).close();
  const raw = new DatabaseSync(path.join(folder, 'potluck.db'));
  raw.exec('PRAGMA user_version = 999');
  raw.close();
  assert.throws(() => new Database(folder), /version 999.*newer Potluck/);
});

test('the lock is held against other processes and free when it is released', (t) => {
  const folder = temporary(t);
  const script = `
    import { takeLock } from ${JSON.stringify(new URL('../../../../src/sidecar/storage/lock.ts', import.meta.url).href)};
    process.exit(takeLock(${JSON.stringify(folder)}) ? 0 : 3);`;
  const other = (): number | null => spawnSync(process.execPath, ['--input-type=module', '-e', script]).status;
  const lock = takeLock(folder);
  assert.ok(lock);
  assert.equal(other(), 3);
  lock.release();
  assert.equal(other(), 0);
});

test('an identity is made once, private, lasts, and is never replaced when damaged', (t) => {
  const folder = temporary(t);
  const first = loadIdentity(folder);
  assert.deepEqual(loadIdentity(folder), first);
  assert.deepEqual(publicKeyOf(first.peerId), first.publicKey);
  assert.equal(peerIdOf(first.publicKey), first.peerId);
  const file = path.join(folder, 'identity.key');
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['identity.key']);
  writeFileSync(file, 'zz');
  assert.throws(() => loadIdentity(folder), /damaged/);
  assert.equal(readFileSync(file, 'utf8'), 'zz');
});

test('settings are checked as a whole, stored, and an override goes before what is stored', (t) => {
  const folder = temporary(t);
  const db = new Database(folder);
  t.after(() => db.close());
  const store = new SettingsStore(db);
  store.set({ nickname: '  Ann  ', idleMinutes: 0 });
  assert.equal(store.get().nickname, 'Ann');
  assert.throws(() => store.set({ nickname: 'Ben', idleMinutes: -1 }), { kind: 'invalid-argument', message: /idleMinutes/ });
  assert.equal(store.get().nickname, 'Ann', 'nothing was changed');
  assert.throws(() => store.set({ bootstrap: ['nowhere'] }), { message: /bootstrap/ });
  const overridden = new SettingsStore(db, { nickname: 'Override' });
  assert.equal(overridden.get().nickname, 'Override');
  assert.equal(overridden.set({ nickname: 'Chosen' }).nickname, 'Chosen', 'an explicit change goes before the override');
});

test('settings of transfers: what is sound is kept, anything else changes nothing and is named', (t) => {
  const db = new Database(temporary(t));
  t.after(() => db.close());
  const store = new SettingsStore(db);
  const sound: Partial<Settings> = {
    ...{ conflict: 'skip', uploadSlots: 1, friendsFirst: true, isSlow: true, linkListen: false },
    ...{ uploadLimit: 0, downloadLimit: 16_384, slowUploadLimit: 1_000_000, slowDownloadLimit: 0 },
    ...{ linkHost: '::1', linkPort: 65_535 },
  };
  const kept = store.set(sound);
  for (const [name, value] of Object.entries(sound)) assert.equal(kept[name as keyof Settings], value, name);
  assert.equal(store.set({ linkHost: '', linkPort: 0 }).linkHost, '');
  const bad: Record<string, unknown[]> = {
    conflict: ['', 'delete', 1, null],
    uploadSlots: [0, -1, 65, 1.5, '8', NaN],
    friendsFirst: [1, 'yes', null],
    isSlow: [0, 'true'],
    linkListen: ['off'],
    uploadLimit: [-1, 1, 16_383, 2 ** 60, Infinity, '1M'],
    downloadLimit: [-1, 0.5],
    slowUploadLimit: [100, null],
    slowDownloadLimit: [NaN],
    linkHost: ['localhost', '1.2.3', '256.0.0.1', 5, '::g'],
    linkPort: [-1, 65_536, 1.5, '80'],
  };
  const before = store.get();
  for (const [name, values] of Object.entries(bad))
    for (const value of values) {
      const given: Record<string, unknown> = { nickname: 'changed', [name]: value };
      assert.throws(() => store.set(given), { kind: 'invalid-argument', message: new RegExp(name) }, `${name} ${String(value)}`);
    }
  assert.deepEqual(store.get(), before);
});

test('addresses are host and port', () => {
  for (const good of ['127.0.0.1:1', 'dht.example.org:49737', '[::1]:65535']) assert.ok(isHostAndPort(good), good);
  for (const bad of ['', ':1', 'a', 'a:', 'a:0', 'a:65536', 'a:1:2', 'a b:1', 'http://a:1', 7])
    assert.ok(!isHostAndPort(bad), String(bad));
});

test('the log rotates and keeps a bounded number of files', (t) => {
  const folder = temporary(t);
  const file = new LogFile(folder);
  const message = 'x'.repeat(1_000_000);
  for (let i = 0; i < 30; i++) file.write({ timeMs: 0, level: 'info', area: 'test', message });
  file.close();
  const sizes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
  assert.equal(sizes.length, localLimits.logFiles + 1);
  assert.ok(Math.max(...sizes) <= localLimits.logBytes + 1_001_000);
});
