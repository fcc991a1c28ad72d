// What the viewers' pages say, in the user's language: pages have no translator of their own. Must not know `vscode`.

import { formatBytes, t } from '../text.ts';

/** By the keys that the files of webview/viewer ask for; `{0}` … stay for the page to fill. */
export function viewerTexts(wholeBytes: number): Record<string, string> {
  return {
    toStart: t('Start'),
    toEnd: t('End'),
    goTo: t('Go to'),
    goToLine: t('Line, -1 for the last, or a percentage: 1200, -50, 75%'),
    goToOffset: t('Offset: 4096, 0x1000, or a percentage'),
    find: t('Find'),
    findHex: t('Find text, or bytes: 0x504b0304'),
    previous: t('Previous'),
    next: t('Next'),
    matchCase: t('Match case'),
    stop: t('Stop'),
    download: t('Download'),
    retry: t('Retry'),
    loading: t('Fetching…'),
    notFound: t('Nothing found.'),
    wrapped: t('Found on the other side of the end.'),
    notANumber: t('That is no place in this file.'),
    lastLine: t('There are fewer lines: this is the nearest.'),
    place: t('{0} of {1} ({2})'),
    fetched: t('{0} fetched'),
    empty: t('The file is empty.'),
    content: t('Contents of {0}'),
    fit: t('Fit'),
    actualSize: t('Actual size'),
    zoomIn: t('Larger'),
    zoomOut: t('Smaller'),
    pixels: t('{0} × {1} pixels'),
    notShown: t('This editor cannot show what is in it. It may be damaged, or of a kind that it has no decoder for.'),
    tooLarge: t('Above {0}, pictures, sound and films are not held in memory. Download it instead.', formatBytes(wholeBytes)),
    cancelled: t('Stopped.'),
  };
}
