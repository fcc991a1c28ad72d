// Which downloads a command is about: those it was called with (checked), else one that a person picks.

import type { DownloadInfo } from '../../protocol/model.ts';
import { invalidArgument } from '../failures.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { pickDownload } from './picks.ts';
import { downloadIdOf, selectionOf } from './targets.ts';

export interface Wanted {
  title: string;
  /** Of those given, the others are left out; nothing else is offered. */
  accepts: (download: DownloadInfo) => boolean;
}

/** `clicked` and `all` as VS Code hands them to a command of a view with multi-selection. `invalid-argument` for what is no download. */
export async function downloadsOf(
  services: Services,
  [clicked, all]: readonly unknown[],
  { title, accepts }: Wanted,
): Promise<DownloadInfo[]> {
  const { world } = services;
  await world.load();
  const ids = selectionOf(clicked, all, downloadIdOf);
  const known = ids.flatMap((downloadId) => world.download(downloadId) ?? []);
  if (known.length > 0) return known.filter(accepts);
  if (clicked !== undefined && clicked !== null) throw invalidArgument(t('a download of the list'));
  const picked = await pickDownload(services, title, accepts);
  return picked === undefined ? [] : [picked];
}
