// How fast bytes may go, and to how many at once: the settings for it in one place, with the rates of now.

import type { Settings, TransferRates } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { parseCount, parseRate, parseSwitch } from '../choices.ts';
import type { Command, Context } from '../command.ts';
import { formatRate, limitText } from '../format.ts';

/** As the sidecar has it. */
const mostSlots = 64;

const rates = [
  ['up', 'uploadLimit'],
  ['down', 'downloadLimit'],
  ['slow-up', 'slowUploadLimit'],
  ['slow-down', 'slowDownloadLimit'],
] as const;

export const limitsCommand: Command = {
  name: 'limits',
  usage: 'limits [--up RATE] [--down RATE] [--slow on|off] [--slots N] [OPTIONS]',
  summary: 'show or set how fast bytes may go, and to how many peers at once',
  details:
    'RATE is bytes a second for all peers together: 500k, 2M, 1.5M (powers of 1024); 0 or none for no limit. The slow limits are a second\n' +
    'set that "--slow on" puts in force. --json: {"settings":{…},"rates":{…}}.',
  options: {
    up: { type: 'string', short: 'u', value: 'RATE', help: 'what goes out' },
    down: { type: 'string', short: 'd', value: 'RATE', help: 'what comes in' },
    'slow-up': { type: 'string', value: 'RATE', help: 'what goes out while slow' },
    'slow-down': { type: 'string', value: 'RATE', help: 'what comes in while slow' },
    slow: { type: 'string', short: 's', value: 'on|off', help: 'put the slow limits in force, or the others' },
    slots: { type: 'string', value: 'N', help: 'peers that are served at the same time, 1 to 64' },
    'friends-first': { type: 'string', value: 'on|off', help: 'peers that were added by key go first in the queue' },
  },
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { terminal, limits } = context;
    const changes = parseChanges(context);
    const client = await context.connect();
    const settings =
      Object.keys(changes).length > 0
        ? await client.request('settings/set', changes, limits)
        : await client.request('settings/get', {}, limits);
    const now = await client.request('transfers/rates', {}, limits);
    if (terminal.isJson) terminal.json({ settings: ofLimits(settings), rates: now });
    else show(settings, now, context);
    return undefined;
  },
};

function parseChanges(context: Context): Partial<Settings> {
  const changes: Partial<Settings> = {};
  for (const [option, setting] of rates) {
    const text = context.text(option);
    if (text !== undefined) changes[setting] = parseRate(text, { what: `--${option}`, command: 'limits' });
  }
  const slow = context.text('slow');
  if (slow !== undefined) changes.isSlow = parseSwitch(slow, { what: '--slow', command: 'limits' });
  const friends = context.text('friends-first');
  if (friends !== undefined) changes.friendsFirst = parseSwitch(friends, { what: '--friends-first', command: 'limits' });
  const slots = context.text('slots');
  if (slots !== undefined)
    changes.uploadSlots = parseCount(slots, { what: '--slots', command: 'limits', min: 1, max: mostSlots });
  return changes;
}

type OfLimits =
  'uploadLimit' | 'downloadLimit' | 'slowUploadLimit' | 'slowDownloadLimit' | 'isSlow' | 'uploadSlots' | 'friendsFirst';

function ofLimits(settings: Settings): Pick<Settings, OfLimits> {
  const { uploadLimit, downloadLimit, slowUploadLimit, slowDownloadLimit, isSlow, uploadSlots, friendsFirst } = settings;
  return { uploadLimit, downloadLimit, slowUploadLimit, slowDownloadLimit, isSlow, uploadSlots, friendsFirst };
}

function show(settings: Settings, now: TransferRates, { terminal }: Context): void {
  const { isSlow } = settings;
  const row = (name: string, up: number, down: number, inForce: boolean): ReturnType<typeof cell>[] => [
    cell(name, inForce ? 'bold' : undefined),
    cell(limitText(up)),
    cell(limitText(down)),
    cell(inForce ? 'in force' : '', 'green'),
  ];
  terminal.table(
    [{ title: 'LIMITS' }, { title: 'UP', align: 'right' }, { title: 'DOWN', align: 'right' }, { title: '' }],
    [
      row('usual', settings.uploadLimit, settings.downloadLimit, !isSlow),
      row('slow', settings.slowUploadLimit, settings.slowDownloadLimit, isSlow),
      [cell('rates now', 'dim'), cell(formatRate(now.uploadBytesPerSecond)), cell(formatRate(now.downloadBytesPerSecond))],
    ],
    '',
  );
  const friends = settings.friendsFirst ? ', those added by key first' : '';
  terminal.line(`upload slots: ${settings.uploadSlots}${friends}`);
}
