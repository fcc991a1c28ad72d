// A cancellable notification for what a person waits for, shown only once it takes long, and one at a time: work beside it runs silently.

import * as vscode from 'vscode';
import { cancelled } from './failures.ts';
import { limits } from './limits.ts';

export interface Report {
  /** What is shown beside the title; `fraction` (0 to 1) where the end is known. */
  (message: string, fraction?: number): void;
}

let isNotifying = false;

/** Runs `work`; cancelling aborts its signal. Rejects with `cancelled` then, else with what `work` rejects with. */
export async function withDelayedProgress<T>(
  title: string,
  work: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let last: { message: string; fraction: number } | undefined;
  let show: (() => void) | undefined;
  const running = work(abort.signal, (message, fraction = 0) => {
    last = { message, fraction };
    show?.();
  });
  const timer = setTimeout(() => {
    if (isNotifying) return;
    isNotifying = true;
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, cancellable: true, title },
      async (progress, token) => {
        token.onCancellationRequested(() => abort.abort());
        let shown = 0;
        show = () => {
          if (last === undefined) return;
          progress.report({ message: last.message, increment: Math.max(0, last.fraction - shown) * 100 });
          shown = Math.max(shown, last.fraction);
        };
        show();
        // How it ended is told to whoever awaits `running` itself.
        await running.catch(() => undefined);
        isNotifying = false;
      },
    );
  }, limits.progressDelayMs);
  try {
    return await running;
  } catch (error) {
    if (abort.signal.aborted) throw cancelled();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
