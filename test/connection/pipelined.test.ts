import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { dial } from '../support/dial.ts';
import { fixture, serve } from '../support/serve.ts';
import { within } from '../support/wait.ts';
import { FIXED_LENGTH, FRAMINGS, onTheWire } from '../support/framings.ts';
import { receiveAll } from '../support/receive-all.ts';

const COUNT = 100_000;
const questions = Array.from({ length: COUNT }, (_, index) => `message ${index}`);
const answers = questions.map((question) => question.toUpperCase());
const paddedAnswers = answers.map((answer) => answer.padEnd(FIXED_LENGTH));

for (const [name, framing] of Object.entries(FRAMINGS)) {
  test(`100,000 messages each way, ${name}: a function, and connect()`, async (t) => {
    const server = await serve(t, { handler: fixture('upper'), framing });
    await using client = await dial(server, { framing });
    const received = receiveAll(client);
    for (const question of questions) await client.send(question);
    client.end();
    const messages = await within(received, () => 'all answers');
    assert.equal(await client.closed, 'peer-end');
    if (framing.type === 'raw') assert.ok(messages.join('') === answers.join(''));
    else assert.deepEqual(messages, framing.type === 'fixed-length' ? paddedAnswers : answers);
  });

  test(`100,000 messages each way, ${name}: callbacks, and a socket`, async (t) => {
    const server = await serve(t, { handler: fixture('message-only'), framing });
    const client = await Client.connect(server);
    client.end(onTheWire(framing, questions));
    assert.ok((await client.readAll()).equals(onTheWire(framing, answers)));
    if (framing.type === 'raw') return;
    const { messagesRead, messagesWritten } = server.stats();
    assert.deepEqual([messagesRead, messagesWritten], [COUNT, COUNT]);
  });
}
