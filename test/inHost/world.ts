// What the in-host tests share: the extension's API, the peer that the runner provides, and waiting for something to become true.

import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { defaultDataFolder, socketPath } from '../../src/protocol/locations.ts';
import type { CatalogShare } from '../../src/protocol/model.ts';
import type { PotluckApi } from '../../src/extension/api.ts';

export const extensionId = 'potluck.potluck';

/** The title under which the runner's peer shares POTLUCK_TEST_TREE. */
const tableTitle = 'Table';

export function extension(): vscode.Extension<PotluckApi> {
  const found = vscode.extensions.getExtension<PotluckApi>(extensionId);
  assert.ok(found, `${extensionId} is not installed`);
  return found;
}

export function api(): PotluckApi {
  return extension().exports;
}

export const dataFolder = defaultDataFolder();
export const socket = socketPath(dataFolder);

export function testEnv(name: 'POTLUCK_TEST_PARTY' | 'POTLUCK_TEST_TREE'): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set by the runner`);
  return value;
}

export function treePath(...names: string[]): string {
  return path.join(testEnv('POTLUCK_TEST_TREE'), ...names);
}

/** Asks again after every notification of the sidecar, and twice a second, until there is an answer; fails past the deadline. */
export function eventually<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 45_000): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearInterval(interval);
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
      finish();
    };
    let lastError: unknown;
    const look = (): void => {
      ask().then(
        (answer) => {
          if (answer !== undefined) end(() => resolve(answer));
        },
        (error: unknown) => {
          lastError = error;
        },
      );
    };
    const subscriptions = [
      api().on('peers/changed', look),
      api().on('catalog/changed', look),
      api().on('downloads/changed', look),
    ];
    const interval = setInterval(look, 500);
    const timer = setTimeout(() => {
      const why = lastError === undefined ? '' : `: ${lastError instanceof Error ? lastError.message : 'unknown'}`;
      end(() => reject(new Error(`${what} did not happen within ${timeoutMs} ms${why}`, { cause: lastError })));
    }, timeoutMs);
    look();
  });
}

/** The runner's share, once its list of files is here. */
export function table(): Promise<CatalogShare> {
  return eventually('the share Table', async () => {
    const shares = await api().request('catalog/shares', {});
    return shares.find(({ title, isOwn, indexState }) => title === tableTitle && !isOwn && indexState === 'ready');
  });
}

/** URI of an entry of the runner's share. */
export async function tableUri(...names: string[]): Promise<vscode.Uri> {
  const { peerId, shareId } = await table();
  return vscode.Uri.from({ scheme: 'potluck', authority: peerId, path: ['', shareId, ...names].join('/') });
}

/** The code of the FileSystemError with which `work` fails. */
export async function failureCode(work: PromiseLike<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof vscode.FileSystemError, `not a FileSystemError: ${String(error)}`);
    return error.code;
  }
  assert.fail('it did not fail');
}

/** Closes what a command asks with, until it ended. Fails after half a minute. */
export function dismissed(command: string, shown: Thenable<unknown>): Promise<unknown> {
  return untilEnded(command, shown, 'workbench.action.closeQuickOpen');
}

/** Puts away the notification with which a command asks, until it ended. Fails after half a minute. */
export function unanswered(command: string, shown: Thenable<unknown>): Promise<unknown> {
  return untilEnded(command, shown, 'notifications.clearAll');
}

/** Takes the first answer of what a command asks with, until it ended. Fails after half a minute. */
export function answered(command: string, shown: Thenable<unknown>): Promise<unknown> {
  return untilEnded(command, shown, 'workbench.action.acceptSelectedQuickOpenItem');
}

/** VS Code tells nobody when a question opens: it is answered again and again. */
async function untilEnded(command: string, shown: Thenable<unknown>, answer: string): Promise<unknown> {
  let isOver = false;
  const over = Promise.resolve(shown).finally(() => {
    isOver = true;
  });
  const deadline = Date.now() + 30_000;
  while (!isOver) {
    assert.ok(Date.now() < deadline, `${command} does not end when its question is answered`);
    await vscode.commands.executeCommand(answer);
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  return over;
}
