// potluck.board.*: the page that shows everything at once.

import type { CommandTable, Services } from '../services.ts';

export function boardCommands({ board }: Pick<Services, 'board'>): CommandTable {
  return {
    'board.open': () => board.show(),
  };
}
