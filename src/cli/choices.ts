// Options and arguments that take one of a few words, on or off, a rate, or a count.

import type { ConflictPolicy, Priority } from '../protocol/model.ts';
import type { Context } from './command.ts';
import { usageError } from './errors.ts';
import { parseDuration, parseSize } from './format.ts';

export const conflicts: readonly ConflictPolicy[] = ['keep-both', 'skip', 'overwrite'];
/** As the sidecar has it: ten years. */
const longestMs = 3650 * 86_400_000;

export const priorities: readonly Priority[] = ['high', 'normal', 'low'];

/** The word that `text` is. `what` names it in the usage error. */
export function parseChoice<T extends string>(text: string, of: readonly T[], { what, command }: Named): T {
  const found = of.find((each) => each === text.toLowerCase());
  if (found === undefined) throw usageError(`${what} ${JSON.stringify(text)} is not one of: ${of.join(', ')}`, command);
  return found;
}

/** `{ option: word }` of an option that was given, else nothing. */
export function choice<O extends string, T extends string>(
  context: Context,
  { option, of, command }: { option: O; of: readonly T[]; command: string },
): { [K in O]?: T } {
  const text = context.text(option);
  const given: { [K in O]?: T } = {};
  if (text !== undefined) given[option] = parseChoice(text, of, { what: `--${option}`, command });
  return given;
}

export function parseSwitch(text: string, { what, command }: Named): boolean {
  return ['on', 'true', 'yes'].includes(parseChoice(text, ['on', 'off', 'true', 'false', 'yes', 'no'], { what, command }));
}

/** Bytes a second; 0, `none` and `off` are no limit. */
export function parseRate(text: string, { what, command }: Named): number {
  const bytes = text === 'none' || text === 'off' ? 0 : parseSize(text);
  if (bytes === undefined)
    throw usageError(`${what} ${JSON.stringify(text)} is not a rate such as 500k or 2M, or 0 for none`, command);
  return bytes;
}

/** Milliseconds; 0 for `none`, `never` and `forever`. */
export function parseTime(text: string, { what, command }: Named): number {
  if (['none', 'never', 'forever', '0'].includes(text.trim().toLowerCase())) return 0;
  const ms = parseDuration(text);
  if (ms === undefined || ms > longestMs)
    throw usageError(
      `${what} ${JSON.stringify(text)} is not a time such as 30m, 12h, 1d or 2w, up to ten years, or none`,
      command,
    );
  return ms;
}

export function parseCount(text: string, { what, command, min, max }: Named & { min: number; max: number }): number {
  const count = Number(text);
  if (!/^\d+$/.test(text.trim()) || count < min || count > max)
    throw usageError(`${what} ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`, command);
  return count;
}

interface Named {
  what: string;
  command: string;
}
