import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../support/client.ts';
import { needsIPv6, needsLoopbackNetwork } from '../../support/machine.ts';
import { record } from '../../support/record.ts';
import { serve } from '../../support/serve.ts';
import { visit } from '../../support/visitor.ts';

const HERE = '127.0.0.1';
const THERE = '127.0.0.2';
/** So slow that no test sees the second client of a rate. */
const HARDLY_EVER = 0.0001;

test(
  'maxConnectionsPerAddress refuses one address, and takes it again when one has left',
  needsLoopbackNetwork,
  async (t) => {
    const server = await serve(t, { maxConnectionsPerAddress: 2 });
    const [drops, disconnects] = [record(server, 'drop'), record(server, 'disconnect')];
    const first = await visit(server, HERE);
    assert.ok(first.isServed);
    assert.ok((await visit(server, HERE)).isServed);
    const refused = await visit(server, HERE);
    assert.ok(!refused.isServed);
    const { reason, peer } = await drops.one();
    assert.deepEqual([reason, peer?.address], ['max-connections-per-address', HERE]);
    for (let count = 0; count < 2; count++) assert.ok((await visit(server, THERE)).isServed);
    assert.ok(!(await visit(server, THERE)).isServed);
    assert.deepEqual(server.stats().dropped, { 'max-connections-per-address': 2 });

    first.socket.end();
    await disconnects.one();
    assert.ok((await visit(server, HERE)).isServed);
    assert.ok(!(await visit(server, THERE)).isServed);
  },
);

const lists: readonly (readonly [
  options: { allow?: string[]; deny?: string[] },
  here: boolean,
  there: boolean,
])[] = [
  [{ deny: [THERE] }, true, false],
  [{ deny: ['127.0.0.2/31'] }, true, false],
  [{ allow: [HERE] }, true, false],
  [{ allow: ['127.0.0.0/31', '10.0.0.0/8'] }, true, false],
  [{ allow: ['127.0.0.0/8'], deny: [THERE] }, true, false],
  [{ allow: ['2000::/3'] }, false, false],
  [{ allow: [] }, false, false],
  [{ deny: ['2000::/3', '10.0.0.0/8'] }, true, true],
];
for (const [options, here, there] of lists) {
  test(`${JSON.stringify(options)} lets in whom it says`, needsLoopbackNetwork, async (t) => {
    const server = await serve(t, options);
    const drops = record(server, 'drop');
    const served = [(await visit(server, HERE)).isServed, (await visit(server, THERE)).isServed];
    assert.deepEqual(served, [here, there]);
    const refused = served.filter((isServed) => !isServed).length;
    await drops.first(refused);
    assert.ok(drops.all.every(({ reason }) => reason === 'denied'));
    assert.equal(server.stats().dropped.denied ?? 0, refused);
  });
}

test('an IPv4 client of an IPv6 listener is held to IPv4 lists', needsIPv6, async (t) => {
  const server = await serve(t, { host: '::', deny: [HERE] });
  const drops = record(server, 'drop');
  assert.equal(await (await Client.connect(server)).ending(), 'reset');
  const { reason, peer } = await drops.one();
  assert.deepEqual([reason, peer?.address, peer?.family], ['denied', HERE, 'IPv4']);
  await (await Client.connect(server, { host: '::1' })).ask('hello');
  assert.equal(server.connections[0]?.peer.family, 'IPv6');
});

test('acceptRate takes a burst, then refuses everybody', needsLoopbackNetwork, async (t) => {
  const server = await serve(t, { acceptRate: { perSecond: HARDLY_EVER, burst: 3 } });
  const drops = record(server, 'drop');
  const served: boolean[] = [];
  for (const address of [HERE, THERE, HERE, HERE, THERE])
    served.push((await visit(server, address)).isServed);
  assert.deepEqual(served, [true, true, true, false, false]);
  await drops.first(2);
  assert.deepEqual(
    drops.all.map(({ reason, peer }) => [reason, peer?.address]),
    [
      ['accept-rate', HERE],
      ['accept-rate', THERE],
    ],
  );
  assert.deepEqual(server.stats().dropped, { 'accept-rate': 2 });
});

test('acceptRatePerAddress refuses one address and not the other', needsLoopbackNetwork, async (t) => {
  const server = await serve(t, { acceptRatePerAddress: { perSecond: HARDLY_EVER, burst: 2 } });
  const drops = record(server, 'drop');
  const served: boolean[] = [];
  for (const address of [HERE, HERE, HERE, THERE, THERE, THERE]) {
    served.push((await visit(server, address)).isServed);
  }
  assert.deepEqual(served, [true, true, false, true, true, false]);
  await drops.first(2);
  assert.deepEqual(
    drops.all.map(({ reason, peer }) => [reason, peer?.address]),
    [
      ['accept-rate-per-address', HERE],
      ['accept-rate-per-address', THERE],
    ],
  );
  assert.deepEqual(server.stats().dropped, { 'accept-rate-per-address': 2 });
});

test('clients whom a list refuses cost the rate nothing', needsLoopbackNetwork, async (t) => {
  const server = await serve(t, { deny: [THERE], acceptRate: { perSecond: HARDLY_EVER, burst: 1 } });
  for (let count = 0; count < 3; count++) assert.ok(!(await visit(server, THERE)).isServed);
  assert.ok((await visit(server, HERE)).isServed);
  assert.deepEqual(server.stats().dropped, { denied: 3 });
});

test(
  'with no more descriptors left than reservedDescriptors clients are refused',
  needsLoopbackNetwork,
  async (t) => {
    const server = await serve(t, { reservedDescriptors: 2 ** 24 });
    const drops = record(server, 'drop');
    const client = await Client.connect(server);
    assert.equal(await client.ending(), 'reset');
    const { reason, peer } = await drops.one();
    assert.deepEqual([reason, peer?.address], ['descriptors', HERE]);
    assert.deepEqual(server.stats().dropped, { descriptors: 1 });
    assert.equal(server.stats().accepted, 0);
  },
);
