// What is never shared, whatever the rules say: names that usually hold keys, passwords or the history of secrets. Matched without
// regard to case. A name wrongly on the list costs a person one copy under another name; one that is missing may cost a password.

interface SecretRule {
  /** Shown to a person. */
  why: string;
  matches(name: string, parentName: string, isFolder: boolean): boolean;
}

const repositories = new Set(['.git', '.hg', '.svn', '.bzr', '.jj']);
const secretFolders = new Set([
  ...['.ssh', '.gnupg', '.pgp', '.aws', '.azure', '.gcloud', '.kube', '.minikube', '.terraform.d', '.password-store', '.vault'],
  ...['.gsutil', '.oci', '.mozilla', '.thunderbird', '.electrum', '.bitcoin', '.ethereum', '.monero', '.putty'],
]);
const credentialFiles = new Set([
  ...[
    '.npmrc',
    '.yarnrc',
    '.yarnrc.yml',
    '.pypirc',
    '.netrc',
    '_netrc',
    '.pgpass',
    'pgpass.conf',
    '.my.cnf',
    '.mylogin.cnf',
    '.htpasswd',
  ],
  ...[
    '.git-credentials',
    '.gitcookies',
    '.dockercfg',
    '.dockerconfigjson',
    '.s3cfg',
    '.boto',
    '.fetchmailrc',
    '.msmtprc',
    '.esmtprc',
  ],
  ...[
    '.vault-token',
    '.terraformrc',
    'terraform.rc',
    'terraform.tfstate',
    'terraform.tfstate.backup',
    '.rclone.conf',
    'rclone.conf',
  ],
  ...[
    'credentials',
    'credentials.json',
    'credentials.xml',
    'credentials.db',
    'credentials.toml',
    'client_secret.json',
    'secrets.json',
  ],
  ...[
    'secrets.yml',
    'secrets.yaml',
    'secrets.toml',
    'service-account.json',
    'application_default_credentials.json',
    'master.key',
  ],
  ...[
    '.smbcredentials',
    '.cifscredentials',
    'kubeconfig',
    '.bash_history',
    '.zsh_history',
    '.python_history',
    '.node_repl_history',
  ],
  ...[
    '.psql_history',
    '.mysql_history',
    '.sqlite_history',
    '.wget-hsts',
    '.lesshst',
    'login data',
    'cookies.sqlite',
    'key3.db',
    'key4.db',
  ],
  ...[
    'logins.json',
    'signons.sqlite',
    'wallet.dat',
    'keychain-2.db',
    'login.keychain',
    'shadow',
    'gshadow',
    'htpasswd',
    'passwords.txt',
  ],
  ...['potluck.db', 'potluck.db-wal', 'potluck.db-shm', 'potluck.db-journal'],
]);
/** Each is all that follows the last dot of a name. */
const keySuffixes = new Set([
  ...[
    '.pem',
    '.key',
    '.p12',
    '.pfx',
    '.pkcs12',
    '.p8',
    '.jks',
    '.keystore',
    '.bks',
    '.ppk',
    '.kdb',
    '.kdbx',
    '.kwallet',
    '.keychain',
  ],
  ...['.keychain-db', '.agilekeychain', '.opvault', '.ovpn', '.gpg-key', '.age-key', '.tfstate', '.tfvars'],
]);
const privateKeyName = /^(id|ssh_host)_(rsa|dsa|ecdsa|ed25519|xmss)(_sk)?(_key)?([._-].*)?$/;
const envName = /^\.env(rc)?([._-].*)?$/;
const template = /[._-](example|sample|template|tmpl|dist|defaults?)$/;
const clientSecret = /^client_secret.*\.json$/;
const serviceAccount = /^service[-_]account.*\.json$/;

const rules: readonly SecretRule[] = [
  { why: 'version control history', matches: (name) => repositories.has(name) },
  { why: 'folder of keys or credentials', matches: (name, _, isFolder) => isFolder && secretFolders.has(name) },
  { why: 'environment file', matches: (name) => envName.test(name) && !template.test(name) },
  { why: 'private key', matches: (name) => privateKeyName.test(name) && !name.endsWith('.pub') },
  { why: 'key or wallet file', matches: (name) => keySuffixes.has(lastSuffix(name)) },
  { why: 'credentials', matches: (name, _, isFolder) => !isFolder && credentialFiles.has(name) },
  { why: 'credentials', matches: (name) => clientSecret.test(name) || serviceAccount.test(name) },
  { why: 'credentials', matches: (name, parent) => name === 'config.json' && parent === '.docker' },
  { why: 'credentials', matches: (name, parent) => name === 'hosts.yml' && (parent === 'gh' || parent === 'glab-cli') },
];

/** What every name begins with that a rule above knows by its beginning. Only these, and names in the sets, are looked at closely. */
const suspectStart = /^(?:\.|id_|ssh_host_|client_secret|service|config\.json$|hosts\.yml$)/;

/** Why this entry is never shared, or undefined. `parentName` is the name of the folder it is in. */
export function secretReason(name: string, parentName: string, isFolder: boolean): string | undefined {
  const lower = name.toLowerCase();
  if (!suspectStart.test(lower) && !keySuffixes.has(lastSuffix(lower)) && !credentialFiles.has(lower)) return undefined;
  const parent = parentName.toLowerCase();
  return rules.find((rule) => rule.matches(lower, parent, isFolder))?.why;
}

function lastSuffix(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}
