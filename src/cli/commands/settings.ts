// Settings that the sidecar keeps: show, change.

import path from 'node:path';
import type { Settings } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';

interface Setting {
  name: string;
  help: string;
  show(settings: Settings): string;
  parse(text: string, context: Context): Partial<Settings>;
}

const settings: readonly Setting[] = [
  {
    name: 'nickname',
    help: 'shown to peers; "" for none',
    show: ({ nickname }) => nickname,
    parse: (nickname) => ({ nickname }),
  },
  {
    name: 'download-folder',
    help: 'where downloads go',
    show: ({ downloadFolder }) => downloadFolder,
    parse: (text, { cwd }) => {
      if (text === '') throw usageError('The download folder needs a path', 'set');
      return { downloadFolder: path.resolve(cwd, text) };
    },
  },
  {
    name: 'bootstrap',
    help: 'HOST:PORT of DHT nodes to start from, comma-separated; "" for the public ones',
    show: ({ bootstrap }) => bootstrap.join(','),
    parse: (text) => ({
      bootstrap: text
        .split(',')
        .map((address) => address.trim())
        .filter((address) => address !== ''),
    }),
  },
  {
    name: 'idle-minutes',
    help: 'the sidecar leaves after so many minutes without a client or transfer; 0 for never',
    show: ({ idleMinutes }) => String(idleMinutes),
    parse: (text) => {
      const idleMinutes = Number(text);
      if (text.trim() === '' || !Number.isFinite(idleMinutes) || idleMinutes < 0)
        throw usageError(`${JSON.stringify(text)} is not a number of minutes`, 'set');
      return { idleMinutes };
    },
  },
  {
    name: 'describe-files',
    help: 'look into shared files for their type and how texts begin, for peers to find them by: on or off',
    show: ({ describeFiles }) => (describeFiles ? 'on' : 'off'),
    parse: (text) => {
      if (text === 'on' || text === 'true') return { describeFiles: true };
      if (text === 'off' || text === 'false') return { describeFiles: false };
      throw usageError(`${JSON.stringify(text)} is neither on nor off`, 'set');
    },
  },
];

export const settingCommands: readonly Command[] = [
  {
    name: 'settings',
    usage: 'settings',
    summary: 'show the settings',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const client = await context.connect();
      show(await client.request('settings/get', {}, context.limits), context);
      return undefined;
    },
  },
  {
    name: 'set',
    usage: 'set NAME VALUE',
    summary: 'change a setting, at once',
    details: `Settings:\n${settings.map(({ name, help }) => `  ${name.padEnd(16)}  ${help}`).join('\n')}`,
    args: { min: 2, max: 2 },
    run: async (context) => {
      const name = argument(context, 0);
      const setting = settings.find((each) => each.name === kebab(name));
      if (!setting) {
        const known = settings.map((each) => each.name).join(', ');
        throw usageError(`There is no setting ${JSON.stringify(name)}; settings: ${known}`, 'set');
      }
      const client = await context.connect();
      const changed = await client.request('settings/set', setting.parse(argument(context, 1), context), context.limits);
      if (context.terminal.isJson) context.terminal.json(changed);
      else context.terminal.note(`${setting.name}: ${setting.show(changed) || '(none)'}`);
      return undefined;
    },
  },
];

/** `downloadFolder`, as JSON has it, is taken too. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function show(values: Settings, { terminal }: Context): void {
  if (terminal.isJson) terminal.json(values);
  else
    terminal.table(
      [{ title: 'SETTING' }, { title: 'VALUE' }],
      settings.map((setting) => [cell(setting.name), cell(setting.show(values) || '(none)')]),
      '',
    );
}
