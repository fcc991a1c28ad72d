// Texts that look secret, and files that hold them. The secrets are made up, and put together here so that no scanner takes this file for one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { SecretKind } from '../../../../src/protocol/model.ts';
import { previewLimits } from '../../../../src/sidecar/limits.ts';
import { secretsIn } from '../../../../src/sidecar/shares/secretContents.ts';
import { SuspectSearch } from '../../../../src/sidecar/shares/suspects.ts';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-suspects-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const letters = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fG3hJ6';
const pem = (what: string): string => `-----BEGIN ${what}${what === '' ? '' : ' '}PRIVATE KEY-----`;

const secrets: [SecretKind, string][] = [
  ['private-key', pem('')],
  ['private-key', pem('RSA')],
  ['private-key', pem('OPENSSH')],
  ['private-key', pem('ENCRYPTED')],
  ['private-key', `-----BEGIN PGP PRIVATE KEY ${'BLOCK'}-----`],
  ['private-key', `PuTTY-User-Key-${'File'}-3: ssh-ed25519`],
  ['aws-key', `aws_access_key_id = AKIA${'ABCDEFGHIJKLMNOP'}`],
  ['github-token', `token: ghp_${letters}`],
  ['github-token', `github_pat_${letters}_${letters}`],
  ['gitlab-token', `glpat-${letters.slice(0, 20)}`],
  ['slack-token', `xoxb-${'123456789012'}-${letters.slice(0, 16)}`],
  ['slack-token', `https://hooks.slack.com/services/T${'ABC123DEF'}/B${'ABC123DEF'}/${letters.slice(0, 24)}`],
  ['google-key', `AIza${letters.slice(0, 35)}`],
  ['stripe-key', `sk_live_${letters.slice(0, 24)}`],
  ['npm-token', `//registry.example/:_authToken=npm_${letters}`],
  ['model-key', `OPENAI=sk-proj-${letters}${letters}`],
  ['url-password', 'postgres://app:Tr0ub4dor&3@db.internal:5432/app'],
];
for (const [kind, text] of secrets) {
  test(`${kind}: ${text.slice(0, 24)}… is found`, () => {
    assert.deepEqual(secretsIn(`first\nsecond\n${text}\nlast`), { kinds: [kind], line: 3 });
  });
}

const harmless = [
  '-----BEGIN PUBLIC KEY-----',
  '-----BEGIN CERTIFICATE-----',
  'AKIA is how keys of AWS begin',
  `sha512-AKIA${'abcdefghijklmnop'}`,
  'ghp_short',
  'sk_test_4eC39HqLyjWDarjtT1zdp7dc',
  'https://example.org/path?user=a:b@c',
  'postgres://user:password@localhost/db',
  'postgres://user:$' + '{PASSWORD}@localhost/db',
  'postgres://user:<password>@localhost/db',
  'ask-me-anything-about-this-very-long-name-with-dashes',
  'npm_config_cache=/tmp',
];
for (const text of harmless) test(`${text} is no secret`, () => assert.equal(secretsIn(text), undefined));

test('a megabyte of almost-secrets is looked through at once', () => {
  for (const part of ['x://a:', 'http://', 'ghp_', 'sk-', '-----BEGIN ', 'AKIA', '@', '://a', 'xoxb-', 'a://'.repeat(3)]) {
    const text = part.repeat(Math.ceil(262_144 / part.length));
    const startedMs = performance.now();
    secretsIn(text);
    assert.ok(performance.now() - startedMs < 1000, part);
  }
});

function search(name: string, files: Record<string, string | Buffer>): SuspectSearch {
  const root = path.join(folder, name);
  mkdirSync(root);
  const found = new SuspectSearch(root);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
    found.add(file, content.length);
  }
  return found;
}

test('only small text files are read; what is found is told by path, kind and line, never as text', () => {
  const report = search('mixed', {
    'notes.txt': 'nothing',
    'sub/deploy.sh': `#!/bin/sh\nexport TOKEN=ghp_${letters}\n`,
    'picture.png': pem('RSA'),
    program: Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(pem('RSA'))]),
    'large.txt': pem('RSA') + 'x'.repeat(previewLimits.secretFileBytes),
    'windows.reg': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(pem('RSA'), 'utf16le')]),
    'late.txt': 'x'.repeat(100_000) + '\n' + pem('EC'),
  }).run();
  assert.deepEqual(
    report.suspects.map(({ path: file, kinds, line }) => ({ path: file, kinds, line })),
    [
      { path: 'sub/deploy.sh', kinds: ['github-token'], line: 2 },
      { path: 'windows.reg', kinds: ['private-key'], line: 1 },
      { path: 'late.txt', kinds: ['private-key'], line: 2 },
    ],
  );
  assert.equal(report.found, 3);
  assert.ok(!JSON.stringify(report).includes(letters));
});

test('a link or a FIFO in the place of a file is neither followed nor waited for', { skip: process.platform === 'win32' }, () => {
  const found = search('swapped', { 'outside.txt': pem('RSA') });
  symlinkSync('outside.txt', path.join(folder, 'swapped', 'link.txt'));
  execFileSync('mkfifo', [path.join(folder, 'swapped', 'fifo.txt')]);
  for (const name of ['link.txt', 'fifo.txt', 'gone.txt']) found.add(name, 10);
  assert.deepEqual(
    found.run().suspects.map(({ path: file }) => file),
    ['outside.txt'],
  );
});

test('more files than are read are counted, not read', () => {
  const found = new SuspectSearch(folder);
  for (let at = 0; at < previewLimits.secretFiles + 5; at++) found.add(`none${at}`, 1);
  assert.equal(found.run().unreadFiles, 5);
});
