import assert from 'node:assert/strict';
import test from 'node:test';
import {
  chosenHost,
  checkInterface,
  type Interfaces,
  isOn,
  lanInterfaces,
} from '../../../../../src/sidecar/network/lan/interfaces.ts';

const v4 = { family: 'IPv4', netmask: '', mac: '', internal: false } as const;
const v6 = { family: 'IPv6', netmask: '', mac: '', internal: false, scopeid: 0 } as const;
const interfaces: Interfaces = {
  lo: [{ ...v4, address: '127.0.0.1', cidr: '127.0.0.1/8', internal: true }],
  eth0: [
    { ...v4, address: '192.168.1.20', cidr: '192.168.1.20/24' },
    { ...v6, address: 'fe80::20', cidr: 'fe80::20/64', scopeid: 2 },
    { ...v6, address: 'fd00::20', cidr: 'fd00::20/64' },
  ],
  wlan0: [{ ...v4, address: '10.1.2.3', cidr: '10.1.2.3/16' }],
};

test('all interfaces are used but loopback; a chosen one alone; on loopback nothing else', () => {
  const names = (chosen: string, isLoopback = false) =>
    lanInterfaces({ chosen, isLoopback, interfaces }).map(({ name, family, address }) => `${name} ${family} ${address}`);
  assert.deepEqual(names(''), ['eth0 IPv4 192.168.1.20', 'eth0 IPv6 fe80::20', 'wlan0 IPv4 10.1.2.3']);
  assert.deepEqual(names('wlan0'), ['wlan0 IPv4 10.1.2.3']);
  assert.deepEqual(names('192.168.1.20'), ['eth0 IPv4 192.168.1.20', 'eth0 IPv6 fe80::20']);
  assert.deepEqual(names('', true), [], 'tests and trials keep to themselves');
  assert.deepEqual(names('eth0', true), []);
  assert.deepEqual(names('lo', true), ['lo IPv4 127.0.0.1']);
  assert.deepEqual(names('tun9'), []);
});

test('only machines on the same wire are neighbours', () => {
  const [ofFour, ofSix] = lanInterfaces({ chosen: 'eth0', isLoopback: false, interfaces });
  assert(ofFour && ofSix);
  for (const host of ['192.168.1.1', '192.168.1.254']) assert.equal(isOn(ofFour, host), true, host);
  for (const host of ['192.168.2.1', '8.8.8.8', '10.1.2.4', 'fe80::1', '']) assert.equal(isOn(ofFour, host), false, host);
  for (const host of ['fe80::1%eth0', 'fe80::1', 'fd00::7']) assert.equal(isOn(ofSix, host), true, host);
  for (const host of ['fe80::1%wlan0', '2001:db8::1', '192.168.1.1']) assert.equal(isOn(ofSix, host), false, host);
});

test('what to bind to: everything, the chosen interface, or nothing while that is not here', () => {
  const host = (chosen: string, family?: 'IPv4') => chosenHost(chosen, { interfaces, ...(family && { family }) });
  assert.equal(host(''), undefined);
  assert.equal(host('eth0'), '192.168.1.20');
  assert.equal(host('fd00::20'), 'fd00::20');
  assert.equal(host('fd00::20', 'IPv4'), '192.168.1.20', 'the DHT knows IPv4 alone');
  assert.equal(host('tun9'), 'missing');
  assert.throws(() => checkInterface('tun9', interfaces), /no network interface "tun9".*eth0.*wlan0/);
  checkInterface('wlan0', interfaces);
  checkInterface('', interfaces);
});
