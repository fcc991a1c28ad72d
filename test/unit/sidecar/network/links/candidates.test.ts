import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import test from 'node:test';
import { linkLimits } from '../../../../../src/sidecar/limits.ts';
import { dialableHosts, ownHosts } from '../../../../../src/sidecar/network/links/candidates.ts';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const shared = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':') ? { ...shared, family: 'IPv6', scopeid: 0 } : { ...shared, family: 'IPv4' };
}

const interfaces = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  docker0: [address('172.17.0.1')],
  eth0: [address('203.0.113.9'), address('2001:db8::9'), address('fe80::1')],
  wlan0: [address('192.168.1.7'), address('fd00::7')],
};

const everywhere = { isLoopback: false, boundTo: '', publicHost: undefined, interfaces };

test('our addresses are offered local ones first, those of virtual machines last, none that lead nowhere', () => {
  assert.deepEqual(ownHosts(everywhere), ['192.168.1.7', 'fd00::7', '203.0.113.9', '2001:db8::9', '172.17.0.1']);
  assert.equal(ownHosts({ ...everywhere, publicHost: '198.51.100.1' }).at(-1), '198.51.100.1');
  assert.deepEqual(ownHosts({ ...everywhere, boundTo: '192.168.1.7' }), ['192.168.1.7']);
  assert.deepEqual(ownHosts({ ...everywhere, isLoopback: true }), ['127.0.0.1']);
  const many = { eth0: Array.from({ length: 99 }, (_, i) => address(`192.168.2.${i + 1}`)) };
  const hosts = ownHosts({ ...everywhere, interfaces: many, publicHost: '198.51.100.1' });
  assert.equal(hosts.length, linkLimits.hosts);
  assert.ok(hosts.includes('198.51.100.1'));
});

test('only what a peer can be is dialled, whatever it offers', () => {
  const dial = (hosts: string[], remoteHost?: string, port = 5000) => dialableHosts({ hosts, port }, remoteHost, interfaces);
  const hostile = [
    ...['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0.0.0.0', '::', '0.1.2.3'],
    ...['255.255.255.255', '224.0.0.1', '240.0.0.1', 'ff02::1', 'fe80::1', 'fe80::1%eth0', '64:ff9b::7f00:1'],
    ...['localhost', 'example.org', '2130706433', '0x7f.1', '127.1', '192.168.1.7:80', '', ' ', '1.2.3.4/8', '[2001:db8::1]'],
  ];
  for (const host of hostile) assert.deepEqual(dial([host]), [], host);
  for (const host of ['198.51.100.1', '2001:db8::5', '192.168.1.9', '192.168.200.9', 'fd00:1::5', '172.20.0.1']) {
    assert.deepEqual(dial([host]), [host]);
  }
  for (const host of ['10.0.0.1', '100.64.0.1', '169.254.169.254'])
    assert.deepEqual(dial([host]), [], `${host}: no such network here`);
  for (const port of [0, 22, 1023, 65_536, -1, 1.5, NaN]) assert.deepEqual(dial(['198.51.100.1'], undefined, port), []);
  const many = Array.from({ length: 99 }, (_, i) => `198.51.100.${i + 1}`);
  assert.equal(dial(many).length, linkLimits.hosts);
  assert.equal(dial(['198.51.100.1', '198.51.100.1']).length, 1);
});

test('where the session is counts too: first in a local network, last elsewhere; loopback only on loopback', () => {
  const dial = (hosts: string[], remoteHost?: string) => dialableHosts({ hosts, port: 5000 }, remoteHost, interfaces);
  assert.deepEqual(dial(['192.168.1.9'], '::ffff:192.168.1.8'), ['192.168.1.8', '192.168.1.9']);
  assert.deepEqual(dial(['192.168.1.9'], '198.51.100.1'), ['192.168.1.9', '198.51.100.1']);
  assert.deepEqual(dial(['127.0.0.1', '192.168.1.9'], '127.0.0.1'), ['127.0.0.1']);
  assert.deepEqual(dial(['::1'], '198.51.100.1'), ['198.51.100.1']);
});
