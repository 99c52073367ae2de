import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBlockList } from '../../src/base/networks.ts';
import { parseOptions } from '../../src/options/listen-options.ts';

test('a list of networks has what is in them', () => {
  const list = toBlockList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  const inside = [
    ['10.255.0.1', 'ipv4'],
    ['192.0.2.7', 'ipv4'],
    ['2001:db8:ffff::1', 'ipv6'],
    ['::1', 'ipv6'],
  ] as const;
  const outside = [
    ['11.0.0.1', 'ipv4'],
    ['192.0.2.8', 'ipv4'],
    ['2001:db9::1', 'ipv6'],
    ['::2', 'ipv6'],
  ] as const;
  for (const [address, family] of inside) assert.ok(list.check(address, family), address);
  for (const [address, family] of outside) assert.ok(!list.check(address, family), address);
});

const noNetworks = [
  '',
  'x',
  'localhost',
  '10.0.0',
  '10.0.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8.5',
  '10.0.0.0/x',
  '10.0.0.0/8/9',
  '/8',
  '::/129',
  ':::/8',
];
for (const text of noNetworks) {
  test(`${JSON.stringify(text)} is no network`, () => {
    assert.throws(() => toBlockList([text]));
    for (const option of ['allow', 'deny']) {
      assert.throws(() => parseOptions({ [option]: [text] }), { name: 'OptionError', option });
    }
  });
}
