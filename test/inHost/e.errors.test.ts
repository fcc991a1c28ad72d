// The border to VS Code: every kind of failure has its FileSystemError. Needs `vscode`, so it is tested here.

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { AppError, rpcCodeOf, type ErrorKind } from '../../src/protocol/errors.ts';
import { fileSystemError } from '../../src/extension/files/fileSystemErrors.ts';

const codes: Readonly<Record<ErrorKind, string>> = {
  'invalid-argument': 'FileNotFound',
  'not-found': 'FileNotFound',
  'already-exists': 'FileExists',
  'permission-denied': 'NoPermissions',
  unavailable: 'Unavailable',
  cancelled: 'Unavailable',
  'too-large': 'Unavailable',
  'is-folder': 'FileIsADirectory',
  'not-folder': 'FileNotADirectory',
  changed: 'Unavailable',
  'verification-failed': 'Unavailable',
  'disk-full': 'Unavailable',
  io: 'Unavailable',
  protocol: 'Unavailable',
  incompatible: 'Unavailable',
  unauthorized: 'NoPermissions',
  busy: 'Unavailable',
  internal: 'Unavailable',
};

describe('failures of the file system', () => {
  const uri = vscode.Uri.parse('potluck://x/y');
  for (const kind of Object.keys(rpcCodeOf) as ErrorKind[]) {
    it(`${kind} is ${codes[kind]}`, () => {
      assert.equal(fileSystemError(new AppError(kind, 'because'), uri).code, codes[kind]);
    });
  }

  it('what was thrown by accident is Unavailable, not a crash', () => {
    assert.equal(fileSystemError(new TypeError('x'), uri).code, 'Unavailable');
    assert.equal(fileSystemError(undefined, uri).code, 'Unavailable');
  });
});
