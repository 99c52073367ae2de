import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey } from '../../../src/main/admission/address-key.ts';

const key = (address: string): string =>
  addressKey({ address, port: 1, family: address.includes(':') ? 'IPv6' : 'IPv4' });

test('an IPv4 address counts by itself', () => {
  assert.equal(key('192.0.2.7'), '192.0.2.7');
  assert.notEqual(key('192.0.2.7'), key('192.0.2.8'));
});

const networks: readonly (readonly [address: string, network: string])[] = [
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['2001:db8:1:2:3::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8::1:2:3:4', '2001:db8:0:0'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
  ['2001::1:2:3:4:5:6', '2001:0:1:2'],
  ['::1:2:3:4:5:6:7', '0:1:2:3'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
  ['1::', '1:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['fe80::1:2%1', 'fe80:0:0:0'],
];
for (const [address, network] of networks) {
  test(`${address} counts as ${network}::/64`, () => {
    assert.equal(key(address), network);
  });
}

test('neighbours in a /64 count as one, neighbouring /64s do not', () => {
  assert.equal(key('2001:db8:0:1::1'), key('2001:db8:0:1:ffff:ffff:ffff:ffff'));
  assert.notEqual(key('2001:db8:0:1::1'), key('2001:db8:0:2::1'));
});
