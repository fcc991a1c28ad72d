// Failures as VS Code's FileSystemError: total over ErrorKind, so that editors and other extensions can act on the code.

import * as vscode from 'vscode';
import { asAppError, type ErrorKind } from '../../protocol/errors.ts';
import { failureText } from '../failures.ts';

export function fileSystemError(thrown: unknown, uri: vscode.Uri): vscode.FileSystemError {
  if (thrown instanceof vscode.FileSystemError) return thrown;
  const failure = asAppError(thrown);
  return errorOf(failure.kind, uri, failureText(failure));
}

function errorOf(kind: ErrorKind, uri: vscode.Uri, text: string): vscode.FileSystemError {
  switch (kind) {
    case 'not-found':
    case 'invalid-argument':
      return vscode.FileSystemError.FileNotFound(uri);
    case 'already-exists':
      return vscode.FileSystemError.FileExists(uri);
    case 'is-folder':
      return vscode.FileSystemError.FileIsADirectory(uri);
    case 'not-folder':
      return vscode.FileSystemError.FileNotADirectory(uri);
    case 'permission-denied':
    case 'unauthorized':
      return vscode.FileSystemError.NoPermissions(text);
    case 'unavailable':
    case 'cancelled':
    case 'too-large':
    case 'changed':
    case 'verification-failed':
    case 'disk-full':
    case 'io':
    case 'protocol':
    case 'incompatible':
    case 'busy':
    case 'internal':
      return vscode.FileSystemError.Unavailable(text);
  }
}
