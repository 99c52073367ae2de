import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connect,
  defineHandler,
  json,
  text,
  type ClientConnection,
  type Connection,
  type ConnectionOf,
  type MessageOf,
} from '../../src/index.ts';

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- that makes the comparison exact
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the two types are the same. */
function same<A, B>(_proof: Equal<A, B>): void {}

interface Order {
  readonly id: number;
}

test('the message type follows from the format', () => {
  same<MessageOf<'utf-8'>, string>(true);
  same<MessageOf<'binary'>, Buffer>(true);
  same<MessageOf<'json'>, unknown>(true);
  const format = json<Order>();
  same<ConnectionOf<typeof format>, Connection<Order>>(true);
  const strict = text('utf-8', { fatal: true });
  same<MessageOf<typeof strict>, string>(true);
  assert.equal(format.type, 'json');
});

test('a handler made of callbacks gets the messages of its format', () => {
  const orders = defineHandler({
    format: json<Order>(),
    message(connection, order) {
      same<typeof order, Order>(true);
      same<typeof connection, Connection<Order>>(true);
      // @ts-expect-error -- not an order
      return connection.send('text');
    },
  });
  const bytes = defineHandler({
    format: 'binary',
    message: (connection, message) => {
      same<typeof message, Buffer>(true);
      return connection.send(message);
    },
  });
  const plain = defineHandler({
    message: (connection, message) => {
      same<typeof message, string>(true);
      return connection.send(message);
    },
  });
  assert.deepEqual(
    [orders, bytes, plain].map((handler) => Object.keys(handler).at(-1)),
    ['message', 'message', 'message'],
  );
});

const jsonClient = (port: number) => connect({ port, format: json<Order>() });
const binaryClient = (port: number) => connect({ port, format: 'binary' });
const plainClient = (port: number) => connect({ port });
type Received<C> = C extends (port: number) => Promise<ClientConnection<infer M>> ? M : never;

test('a client gets the messages of its format', () => {
  same<Received<typeof jsonClient>, Order>(true);
  same<Received<typeof binaryClient>, Buffer>(true);
  same<Received<typeof plainClient>, string>(true);
  assert.equal(new Set([jsonClient, binaryClient, plainClient]).size, 3);
});
