// A viewer's page in Chromium without a VS Code around it: the page, script, style and host of the product, over a file in memory whose ranges come
// when the test lets them. For what needs a slow or failing owner.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { limits } from '../../src/extension/limits.ts';
import { RangeReader } from '../../src/extension/viewers/rangeReader.ts';
import { ViewerHost } from '../../src/extension/viewers/viewerHost.ts';
import { viewerPage } from '../../src/extension/viewers/viewerPage.ts';
import { viewerTexts } from '../../src/extension/viewers/viewerTexts.ts';
import { AppError } from '../../src/protocol/errors.ts';
import type { ContentId } from '../../src/protocol/ids.ts';
import type { ViewerKind } from '../../src/protocol/viewer.ts';

export interface ViewerWorld {
  page: Page;
  /** Ranges that were begun, and which of them were given up. */
  ranges: { offset: number; signal: AbortSignal }[];
  /** From now on ranges wait until they are let go. Answers what lets them. */
  hold: () => () => void;
  /** Until it is undone, ranges fail. Answers what undoes it. */
  fail: () => () => void;
  /** Hands the page anything as a message of its host. */
  forge: (message: unknown) => Promise<void>;
  /** What the console and the page complained of. */
  complaints: string[];
  close(): Promise<void>;
}

/** `dist`: where viewer.js and viewer.css lie. */
export async function openViewer(
  browser: Browser,
  dist: string,
  { bytes, kind }: { bytes: Uint8Array; kind: ViewerKind },
): Promise<ViewerWorld> {
  const ranges: ViewerWorld['ranges'] = [];
  let gate = Promise.resolve();
  let isFailing = false;
  const reader = new RangeReader(bytes.length, {
    async fetchRange(offset, length, signal) {
      ranges.push({ offset, signal });
      await gate;
      signal.throwIfAborted();
      if (isFailing) throw new AppError('unavailable', 'Ada is away.');
      const contentId = 'a'.repeat(64) as ContentId;
      return { localPath: `${offset} ${length}`, sizeBytes: bytes.length, mtimeMs: 0, contentId };
    },
    readFile(localPath) {
      const [offset = 0, length = 0] = localPath.split(' ').map(Number);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const session = 'c0ffee';
  /** The page may be gone already. */
  const deliver = (message: object): Promise<void> => {
    const { bytes: part, ...rest } = message as { bytes?: Uint8Array };
    const made = `Uint8Array.from(atob('${Buffer.from(part ?? []).toString('base64')}'), (c) => c.charCodeAt(0))`;
    const whole = part === undefined ? JSON.stringify(rest) : `{ ...${JSON.stringify(rest)}, bytes: ${made} }`;
    return page.evaluate<void>(`postMessage(${whole}, '*')`).catch(() => undefined);
  };
  const host = new ViewerHost({
    ...{ reader, session },
    owner: () => 'Ada',
    post: (message) => void deliver(message),
    opening: {
      ...{ kind, name: 'big.log', mime: '', sizeBytes: bytes.length, wholeBytes: limits.viewerWholeBytes },
      texts: viewerTexts(limits.viewerWholeBytes),
    },
    onDownload: () => undefined,
  });
  await page.exposeFunction('hostTakes', (message: unknown) => host.take(message));
  await page.addInitScript(
    'window.acquireVsCodeApi = () => ({ postMessage: (m) => window.hostTakes(m), getState: () => undefined, setState: () => undefined });',
  );
  const origin = 'http://viewer.test';
  const assets = { nonce: 'n0nce', session, source: origin, scriptUri: `${origin}/viewer.js`, styleUri: `${origin}/viewer.css` };
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: viewerPage(assets) });
    const type = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType: type, body: readFileSync(path.join(dist, path.basename(pathname))) });
  });
  await page.goto(`${origin}/`);
  await page.locator('.row').first().waitFor();
  return {
    ...{ page, ranges, complaints, forge: (message) => deliver(message as object) },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    fail() {
      isFailing = true;
      return () => {
        isFailing = false;
      };
    },
    async close() {
      host.dispose();
      reader.dispose();
      await context.close();
    },
  };
}
