import { defineHandler, json, lines } from 'multithread-server/handler';

interface Request {
  id: number;
  numbers: number[];
}

/** A line of JSON each: `{"id":1,"numbers":[1,2]}` is answered with `{"id":1,"sum":3}`. */
export default defineHandler({
  framing: lines({ maxLength: 1024 * 1024 }),
  format: json(),
  message: (connection, request) => connection.send(answer(request)),
});

function answer(request: unknown): unknown {
  if (!isRequest(request)) return { error: 'expected {"id":number,"numbers":[number,…]}' };
  const { id, numbers } = request;
  return { id, sum: numbers.reduce((sum, number) => sum + number, 0) };
}

/** What a client sends is JSON, and nothing more is known of it. */
function isRequest(value: unknown): value is Request {
  const { id, numbers } = (value ?? {}) as Partial<Request>;
  return typeof id === 'number' && Array.isArray(numbers) && numbers.every(Number.isFinite);
}
