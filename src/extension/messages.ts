// Failures shown to a person: one notification at a time, each with something to do about it. Cancelled is never shown.

import type * as vscode from 'vscode';
import { asAppError } from '../protocol/errors.ts';
import { failureText, isWorthRetrying } from './failures.ts';
import { t } from './text.ts';
import { notices } from './notices.ts';

export interface Messages {
  /** Shows the failure, with Retry (or `label`) where `retry` is given and may help. Does not wait for the person. */
  failure(thrown: unknown, options?: { retry?: () => void; label?: string }): void;
  /** A short notice with actions; answers the one that was taken. */
  info(text: string, ...actions: string[]): Promise<string | undefined>;
}

export function createMessages(log: vscode.LogOutputChannel): Messages {
  let isShowing = false;
  let suppressed = 0;

  async function show(thrown: unknown, retryLabel: string, retry: (() => void) | undefined): Promise<void> {
    const error = asAppError(thrown);
    if (error.kind === 'cancelled') return;
    log.error(failureText(error), error.kind === 'internal' ? (error.stack ?? '') : '');
    if (isShowing) {
      suppressed += 1;
      return;
    }
    isShowing = true;
    const showLog = t('Show Log');
    const actions = retry !== undefined && isWorthRetrying(error.kind) ? [retryLabel, showLog] : [showLog];
    const taken = await notices.error(failureText(error), ...actions);
    isShowing = false;
    if (suppressed > 0) log.warn(t('{0} more failures were not shown.', suppressed));
    suppressed = 0;
    if (taken === showLog) log.show();
    if (taken === retryLabel) retry?.();
  }

  return {
    failure(thrown, options = {}) {
      void show(thrown, options.label ?? t('Retry'), options.retry);
    },
    async info(text, ...actions) {
      return notices.info(text, ...actions);
    },
  };
}
