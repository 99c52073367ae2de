import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, formatEndpoint } from '../../src/base/endpoint.ts';

const endpoints = [
  ['127.0.0.1', '127.0.0.1', 'IPv4', '127.0.0.1:80'],
  ['::1', '::1', 'IPv6', '[::1]:80'],
  ['fe80::1%eth0', 'fe80::1%eth0', 'IPv6', '[fe80::1%eth0]:80'],
  ['::ffff:192.0.2.7', '192.0.2.7', 'IPv4', '192.0.2.7:80'],
] as const;
for (const [given, address, family, text] of endpoints) {
  test(`${given} is ${text}`, () => {
    const found = endpoint(given, 80);
    assert.deepEqual(found, { address, port: 80, family });
    assert.equal(formatEndpoint(found), text);
  });
}

test('a socket that is gone has no endpoint', () => {
  assert.equal(endpoint(undefined, 80), undefined);
  assert.equal(endpoint('127.0.0.1', undefined), undefined);
});
