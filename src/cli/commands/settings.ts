// Settings that the sidecar keeps: show, change.

import path from 'node:path';
import type { Settings } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { conflicts, parseChoice, parseCount, parseRate, parseSwitch } from '../choices.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { limitText } from '../format.ts';

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
    show: ({ describeFiles }) => onOff(describeFiles),
    parse: (text) => ({ describeFiles: parseSwitch(text, { what: 'describe-files', command: 'set' }) }),
  },
  {
    name: 'conflict',
    help: 'where a name is taken at the destination: keep-both, skip or overwrite',
    show: ({ conflict }) => conflict,
    parse: (text) => ({ conflict: parseChoice(text, conflicts, { what: 'conflict', command: 'set' }) }),
  },
  {
    name: 'upload-slots',
    help: 'peers that are served at the same time, 1 to 64',
    show: ({ uploadSlots }) => String(uploadSlots),
    parse: (text) => ({ uploadSlots: parseCount(text, { what: 'upload-slots', command: 'set', min: 1, max: 64 }) }),
  },
  {
    name: 'friends-first',
    help: 'peers that were added by key go first in the upload queue: on or off',
    show: ({ friendsFirst }) => onOff(friendsFirst),
    parse: (text) => ({ friendsFirst: parseSwitch(text, { what: 'friends-first', command: 'set' }) }),
  },
  rate('upload-limit', 'uploadLimit', 'bytes a second to all peers together, such as 500k or 2M; 0 for no limit'),
  rate('download-limit', 'downloadLimit', 'the same for what comes in'),
  rate('slow-upload-limit', 'slowUploadLimit', 'in force while slow'),
  rate('slow-download-limit', 'slowDownloadLimit', 'in force while slow'),
  {
    name: 'slow',
    help: 'whether the slow limits are in force: on or off',
    show: ({ isSlow }) => onOff(isSlow),
    parse: (text) => ({ isSlow: parseSwitch(text, { what: 'slow', command: 'set' }) }),
  },
  {
    name: 'link-listen',
    help: 'whether peers may open direct TCP links to us: on or off; off, we still open them to others',
    show: ({ linkListen }) => onOff(linkListen),
    parse: (text) => ({ linkListen: parseSwitch(text, { what: 'link-listen', command: 'set' }) }),
  },
  {
    name: 'link-host',
    help: 'the address on which direct links are taken; "" for all',
    show: ({ linkHost }) => linkHost,
    parse: (linkHost) => ({ linkHost: linkHost.trim() }),
  },
  {
    name: 'link-port',
    help: 'the TCP port for direct links; 0 for any',
    show: ({ linkPort }) => String(linkPort),
    parse: (text) => ({ linkPort: parseCount(text, { what: 'link-port', command: 'set', min: 0, max: 65_535 }) }),
  },
  onOffSetting('lan-discovery', 'lanDiscovery', 'look for peers in the local network, without internet: on or off'),
  {
    name: 'network-interface',
    help: 'name or address of the only network interface to use, for everything; "" for all',
    show: ({ networkInterface }) => networkInterface,
    parse: (networkInterface) => ({ networkInterface: networkInterface.trim() }),
  },
  onOffSetting('gossip', 'gossip', 'tell members of your parties about each other, and be told of: on or off'),
  onOffSetting('use-relay', 'useRelay', 'connections may go through a relay when nothing else works: on or off'),
  {
    name: 'relay',
    help: 'key of the relay to use; "" for one that a connected peer offers',
    show: ({ relay }) => relay,
    parse: (text) => ({ relay: text.trim().toLowerCase() }),
  },
  onOffSetting(
    'offer-relay',
    'offerRelay',
    'relay for members of your parties while you can be reached from everywhere: on or off',
  ),
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
    details: `Settings:\n${settings.map(({ name, help }) => `  ${name.padEnd(19)}  ${help}`).join('\n')}`,
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

type RateSetting = 'uploadLimit' | 'downloadLimit' | 'slowUploadLimit' | 'slowDownloadLimit';

function rate(name: string, key: RateSetting, help: string): Setting {
  return {
    name,
    help,
    show: (settings) => limitText(settings[key]),
    parse: (text) => ({ [key]: parseRate(text, { what: name, command: 'set' }) }),
  };
}

function onOffSetting(name: string, key: Switch, help: string): Setting {
  return {
    name,
    help,
    show: (settings) => onOff(settings[key]),
    parse: (text) => ({ [key]: parseSwitch(text, { what: name, command: 'set' }) }),
  };
}

type Switch = 'lanDiscovery' | 'gossip' | 'useRelay' | 'offerRelay';

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}

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
