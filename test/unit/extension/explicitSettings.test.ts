import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOf } from '../../../src/extension/explicitSettings.ts';

const read = (values: Record<string, unknown>): ReturnType<typeof settingsOf> => settingsOf((key) => values[key]);

test('what is not set is left to the sidecar', () => {
  assert.deepEqual(read({}), {});
});

test('settings of transfers and links reach the sidecar in its units', () => {
  assert.deepEqual(
    read({
      'downloads.conflict': 'skip',
      'uploads.slots': 3,
      'uploads.friendsFirst': true,
      'transfers.uploadLimitKiB': 100,
      'transfers.downloadLimitKiB': 0,
      'transfers.slowUploadLimitKiB': 16.5,
      'network.directLinks': false,
      'network.linkAddress': ' 127.0.0.1 ',
      'network.linkPort': 4000,
    }),
    {
      conflict: 'skip',
      uploadSlots: 3,
      friendsFirst: true,
      uploadLimit: 102_400,
      downloadLimit: 0,
      slowUploadLimit: 16_896,
      linkListen: false,
      linkHost: '127.0.0.1',
      linkPort: 4000,
    },
  );
});

test('settings of meeting reach the sidecar under its names', () => {
  assert.deepEqual(
    read({
      'network.lanDiscovery': false,
      'network.interface': ' eth0 ',
      'network.gossip': false,
      'network.useRelay': true,
      'network.relay': '',
      'network.offerRelay': true,
    }),
    { lanDiscovery: false, networkInterface: 'eth0', gossip: false, useRelay: true, relay: '', offerRelay: true },
  );
});

test('a slip of the pen reads as not set', () => {
  const slips: Record<string, unknown> = {
    nickname: 7,
    'downloads.folder': 'relative/path',
    'downloads.conflict': 'destroy',
    'uploads.slots': 0,
    'uploads.friendsFirst': 'yes',
    'transfers.uploadLimitKiB': -1,
    'transfers.downloadLimitKiB': Number.NaN,
    'network.directLinks': 1,
    'network.linkAddress': ['x'],
    'network.linkPort': 70_000,
    'network.bootstrap': ['a:1', 2],
    'sidecar.idleMinutes': 1.5,
    'network.lanDiscovery': 'off',
    'network.interface': 0,
    'network.gossip': null,
    'network.useRelay': 'true',
    'network.relay': ['x'],
    'network.offerRelay': 1,
  };
  assert.deepEqual(read(slips), {});
});
