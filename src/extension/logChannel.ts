// The output channel `Potluck`: our own lines and, from the sidecar, what log/subscribe brings at the channel's level.

import * as vscode from 'vscode';
import type { LogEntry, LogLevel } from '../protocol/model.ts';
import type { Sidecar } from './sidecar.ts';

function sidecarLevel(level: vscode.LogLevel): LogLevel | undefined {
  switch (level) {
    case vscode.LogLevel.Off:
      return undefined;
    case vscode.LogLevel.Trace:
    case vscode.LogLevel.Debug:
      return 'debug';
    case vscode.LogLevel.Info:
      return 'info';
    case vscode.LogLevel.Warning:
      return 'warn';
    case vscode.LogLevel.Error:
      return 'error';
  }
}

export function connectLog(log: vscode.LogOutputChannel, sidecar: Sidecar): vscode.Disposable {
  const write = (entry: LogEntry): void => log[entry.level](`[${entry.area}] ${entry.message}`);
  const subscribe = (): void => {
    const level = sidecarLevel(log.logLevel);
    if (level === undefined || sidecar.connection === undefined) return;
    sidecar.request('log/subscribe', { level }).catch((error: unknown) => log.warn(String(error)));
  };
  return vscode.Disposable.from(
    sidecar.on('log/entry', write),
    sidecar.onDidConnect((connection) => {
      log.info(`[extension] connected to the sidecar, process ${connection.sidecarPid}`);
      subscribe();
    }),
    sidecar.onDidChangeState((state) => log.info(`[extension] sidecar: ${state}`, sidecar.failure?.message ?? '')),
    log.onDidChangeLogLevel(subscribe),
  );
}
