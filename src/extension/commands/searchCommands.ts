// potluck.search.*, potluck.results.* and potluck.watch.*: finding files, the results that stay, and searches that tell of news.

import * as vscode from 'vscode';
import type { WatchedSearch } from '../../protocol/model.ts';
import { displayName, iconSafeName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { setContext } from '../views/contexts.ts';
import { watchCounts } from '../search/findRows.ts';
import { watchIdOf } from './targets.ts';
import { notices } from '../notices.ts';

export function searchCommands(services: Services): CommandTable {
  const { sidecar, world, findFiles, results } = services;

  async function openResults(): Promise<void> {
    // The view is there only while it has something to show.
    await setContext('hasResults', true);
    await vscode.commands.executeCommand('potluck.results.focus');
  }

  async function watchOf(given: unknown, title: string): Promise<WatchedSearch | undefined> {
    await world.load();
    const watchId = watchIdOf(given);
    const known = world.watches.find((watch) => watch.watchId === watchId);
    if (known !== undefined) return known;
    if (world.watches.length === 0) {
      void notices.info(t('You watch no search yet. Find something, then choose "Watch This Search".'));
      return undefined;
    }
    const items = world.watches.map((watch) => {
      return { label: iconSafeName(watch.query), description: watchCounts(watch), watch };
    });
    return (await vscode.window.showQuickPick(items, { title }))?.watch;
  }

  return {
    /** A query may be given; it can be changed before anything is opened. */
    'search.find': (given: unknown) => findFiles.show(typeof given === 'string' ? given : ''),

    // Keys while Find Files is open: on the row in front.
    'search.download': () => findFiles.act('download'),
    'search.reveal': () => findFiles.act('reveal'),
    'search.copyLink': () => findFiles.act('copyLink'),

    'search.showAll': async (given: unknown) => {
      const query = typeof given === 'string' ? given : (findFiles.query ?? results.query);
      findFiles.hide();
      if (query.trim() === '') {
        findFiles.show();
        return;
      }
      const shown = results.show(query);
      await openResults();
      await shown;
    },

    'results.refresh': () => results.refresh(),

    'results.more': () => results.more(),

    'results.refine': () => findFiles.show(results.query),

    'results.group': () => results.toggleGroups(),

    'results.flatten': () => results.toggleGroups(),

    'results.clear': () => results.clear(),

    'watch.add': async (given: unknown) => {
      const asked = typeof given === 'string' ? given : (findFiles.query ?? results.query);
      const query = asked.trim() === '' ? await askQuery() : asked.trim();
      if (query === undefined) return undefined;
      const watch = await sidecar.request('watches/add', { query: query.slice(0, limits.queryCharacters) });
      await world.reload();
      const text = t('Potluck tells you when something new matches "{0}".', displayName(watch.query));
      vscode.window.setStatusBarMessage(`$(bell) ${text.replace(/\$\(/g, '\\$(')}`, 5000);
      return watch;
    },

    'watch.remove': async (given: unknown) => {
      const watch = await watchOf(given, t('Stop Watching Which Search?'));
      if (watch === undefined) return;
      await sidecar.request('watches/remove', { watchId: watch.watchId });
      await world.reload();
    },

    /** Its results, the new ones first; what was new counts as seen then. */
    'watch.show': async (given: unknown) => {
      const watch = await watchOf(given, t('Show Which Watched Search?'));
      if (watch === undefined) return;
      const shown = results.showWatch(watch);
      await openResults();
      await shown;
      await sidecar.request('watches/seen', { watchId: watch.watchId });
      await world.reload();
    },
  };
}

function askQuery(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: t('Watch a Search'),
    prompt: t('You are told when something new matches: a new file of a peer, or a file under a new name.'),
    validateInput: (value) => {
      if (value.trim() === '') return t('Type what to look for.');
      return value.length > limits.queryCharacters ? t('At most {0} characters.', limits.queryCharacters) : undefined;
    },
  });
}
