// Sentences that the board's page says by itself, in the user's language. Must not know `vscode`.

import { t } from '../text.ts';

export function boardTexts(): Record<string, string> {
  return {
    percent: t('{0} %'),
    rate: t('{0}/s'),
    upload: t('An upload'),
    download: t('A download'),
    count: t('{0} in all'),
    countOf: t('{0} of {1}'),
    pieceMap: t('Pieces of {0}: {1}. Who gave which is in the list below.'),
    before: t('Was here before'),
    announce: t('{0} running, {1} queued, {2} done, {3} failed'),
    'action.pause': t('Pause'),
    'action.resume': t('Resume'),
    'action.cancel': t('Cancel'),
    'action.retry': t('Retry'),
    'action.top': t('To the Top'),
    'action.reveal': t('Reveal'),
    'action.open': t('Open'),
  };
}
