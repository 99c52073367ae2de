import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../support/script.ts';

test('a process whose server is closed ends by itself', async (t) => {
  const { code, signal, stdout, stderr } = await run(t, 'serve-and-close').end();
  assert.deepEqual(
    { code, signal, stdout, stderr },
    { code: 0, signal: null, stdout: 'closed\n', stderr: '' },
  );
});
