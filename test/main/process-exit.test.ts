import assert from 'node:assert/strict';
import { test } from 'node:test';
import { program } from '../support/command.ts';

test('a process whose server is closed ends by itself', async (t) => {
  const { code, signal, stdout, stderr } = await program(t, 'serve-and-close').end();
  assert.deepEqual(
    { code, signal, stdout, stderr },
    { code: 0, signal: null, stdout: 'closed\n', stderr: '' },
  );
});
