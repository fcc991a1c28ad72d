// scp and rsync over ssh, to an sshd of this bench on loopback with keys made for it.

import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../scripts/localPeers.ts';
import { below, Meter, type Measured, type Task, type Tool } from './tool.ts';

const run = promisify(execFile);
const sshd = '/usr/sbin/sshd';

export const scp: Tool = {
  version: async () => {
    if (!existsSync(sshd)) throw new Error('no sshd');
    const { stderr } = await run('ssh', ['-V']);
    return /OpenSSH_([^\s,]+)/.exec(stderr)?.[1] ?? '';
  },
  // The taker pulls, as ours does.
  run: (task) =>
    pulled(task, (ssh, { from, to, file }) => spawn('scp', ['-q', ...ssh.scp, `${ssh.host}:${path.join(from, file)}`, to])),
};

export const rsync: Tool = {
  version: async () => {
    if (!existsSync(sshd)) throw new Error('no sshd');
    const { stdout } = await run('rsync', ['--version']);
    return /version (\S+)/.exec(stdout)?.[1] ?? '';
  },
  run: (task) =>
    pulled(task, (ssh, { from, to, file }) =>
      spawn('rsync', ['-a', '-e', `ssh ${ssh.ssh.join(' ')}`, `${ssh.host}:${path.join(from, file)}`, to]),
    ),
};

interface Ssh {
  host: string;
  ssh: string[];
  scp: string[];
}

async function pulled(task: Task, start: (ssh: Ssh, task: Task) => ChildProcess): Promise<Measured> {
  const { server, port, options } = await startServer(path.join(task.folder, 'ssh'));
  try {
    const ssh: Ssh = {
      host: `${userInfo().username}@127.0.0.1`,
      ssh: ['-p', String(port), ...options],
      scp: ['-P', String(port), ...options],
    };
    const giver = new Meter(() => below(server.pid ?? 0));
    const startedMs = performance.now();
    const child = start(ssh, task);
    const taker = new Meter(() => below(child.pid ?? 0));
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    const transferMs = performance.now() - startedMs;
    if (code !== 0) throw new Error(`It ended with ${String(code)}.`);
    return { prepareMs: 0, transferMs, giver: giver.stop(), taker: taker.stop(), landed: path.join(task.to, task.file) };
  } finally {
    server.kill('SIGKILL');
  }
}

async function startServer(folder: string): Promise<{ server: ChildProcess; port: number; options: string[] }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync('/run/sshd', { recursive: true });
  const key = (name: string): string => {
    const file = path.join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return file;
  };
  const [hostKey, userKey] = [key('host'), key('user')];
  const known = path.join(folder, 'authorized');
  writeFileSync(known, readFileSync(`${userKey}.pub`), { mode: 0o600 });
  const port = await freePort();
  const config = path.join(folder, 'config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${known}`,
    'StrictModes no',
    'UsePAM no',
  ];
  writeFileSync(config, `${[...lines, 'PidFile none', 'Subsystem sftp internal-sftp', 'PermitRootLogin yes'].join('\n')}\n`);
  const server = spawn(sshd, ['-D', '-f', config], { stdio: 'ignore' });
  await until('sshd to listen', () => answers(port), 10_000);
  const options = ['-i', userKey, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  return { server, port, options };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
