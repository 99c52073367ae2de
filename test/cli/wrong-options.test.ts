import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cli } from '../support/command.ts';

const CASES: readonly (readonly [args: string, error: string | RegExp])[] = [
  ['--port -1', /^error: option --port must be .*, got -1$/],
  ['--no-delay yes', 'error: option --no-delay must be true or false, got "yes"'],
  ['--accept-rate 0', /^error: option --accept-rate \(perSecond\) must be .*, got 0$/],
  ['--handler missing.ts', 'error: option --handler must be the path of a file, got "missing.ts"'],
  ['--framing lines:0', /^error: option --framing \(maxLength\) must be .*, got 0$/],
  ['--watch', 'error: option --watch needs a --handler to watch'],
  ['--watch --handler data:text/javascript,0', 'error: option --watch needs a --handler to watch'],
  [
    '--framing fixed-length:4',
    'error: option --disconnect-message must be a message of the framing: fixed-length: a message must have at most 4 bytes, got 11',
  ],
  [
    '--options missing.json',
    'error: option --options must be the path of a file, got "missing.json" (ENOENT)',
  ],
];

describe('a wrong option is one line on stderr, and nothing else is printed', { concurrency: 4 }, () => {
  for (const [args, error] of CASES) {
    test(args, async (t) => {
      const { stderr, ...end } = await cli(t, args.split(' ')).end();
      assert.deepEqual(end, { code: 2, signal: null, stdout: '' });
      assert.equal(stderr.split('\n').length, 2);
      if (typeof error === 'string') assert.equal(stderr, `${error}\n`);
      else assert.match(stderr.trimEnd(), error);
    });
  }
});
