import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretReason } from '../../../../src/sidecar/shares/secrets.ts';

const secretFiles = [
  ...[
    '.env',
    '.ENV',
    '.env.local',
    '.env.production',
    '.envrc',
    '.env-prod',
    '.env.example.local',
    '.npmrc',
    '.netrc',
    '_netrc',
    '.pypirc',
  ],
  ...[
    'id_rsa',
    'ID_ED25519',
    'id_ecdsa_sk',
    'id_rsa.bak',
    'id_ed25519_work',
    'ssh_host_rsa_key',
    'server.pem',
    'TLS.KEY',
    'a.p12',
    'a.pfx',
  ],
  ...[
    'passwords.kdbx',
    'store.jks',
    'putty.ppk',
    '.git-credentials',
    'credentials',
    'credentials.json',
    'client_secret_1234.json',
  ],
  ...[
    'service-account-prod.json',
    'terraform.tfstate',
    'prod.tfvars',
    'wallet.dat',
    '.bash_history',
    '.pgpass',
    '.htpasswd',
    '.git',
  ],
];
const openFiles = [
  ...[
    '.env.example',
    '.env.sample',
    '.env.template',
    '.env.dist',
    'environment.ts',
    'env',
    'id_rsa.pub',
    'id_ed25519.pub',
    'keys.ts',
  ],
  ...[
    'config.json',
    '.gitignore',
    '.gitattributes',
    'README.md',
    'monkey',
    'key',
    'pem',
    'credentials.ts',
    'my-credentials-page.html',
  ],
  ...['.dockerignore', '.editorconfig', 'identity', 'id_card.jpg', 'secrets.test.ts'],
];

test('files that hold secrets are known, in any case of letters', () => {
  for (const name of secretFiles) assert.notEqual(secretReason(name, 'project', false), undefined, name);
});

test('templates, public keys and everyday files may be shared', () => {
  for (const name of openFiles) assert.equal(secretReason(name, 'project', false), undefined, name);
});

test('folders that hold keys or history are known', () => {
  for (const name of ['.git', '.ssh', '.SSH', '.gnupg', '.aws', '.kube', '.hg', '.svn', '.password-store'])
    assert.notEqual(secretReason(name, 'home', true), undefined, name);
  for (const name of ['.github', '.vscode', 'git', 'ssh', 'aws', 'credentials', '.docker'])
    assert.equal(secretReason(name, 'home', true), undefined, name);
});

test('a config.json is a secret in .docker only', () => {
  assert.notEqual(secretReason('config.json', '.docker', false), undefined);
  assert.equal(secretReason('config.json', 'docker', false), undefined);
});
