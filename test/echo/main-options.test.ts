import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { main } from '../../src/echo/main.ts';
import { parseMainOptions } from '../../src/echo/main-options.ts';

describe('the options of main()', () => {
  test('are checked before it prints', async (t) => {
    const write = t.mock.method(process.stdout, 'write', () => true);
    const wrong = main({ port: -1 });
    write.mock.restore();
    await assert.rejects(wrong, { name: 'OptionError', option: 'port' });
    assert.equal(write.mock.callCount(), 0);
  });

  test('the disconnect message must be one that the framing and the format can carry', () => {
    for (const [options, why] of [
      [{ framing: { type: 'fixed-length', length: 4 } }, /at most 4 bytes, got 11$/],
      [
        { framing: { type: 'lines' }, disconnectMessage: 'a\nb' },
        /^option "disconnectMessage" must be a message/,
      ],
    ] as const) {
      assert.throws(() => parseMainOptions(options), {
        name: 'OptionError',
        option: 'disconnectMessage',
        message: why,
      });
    }
    // Another handler doesn't have it.
    parseMainOptions({ framing: { type: 'fixed-length', length: 4 }, handler: 'src/echo/handler.ts' });
  });

  test('data takes the place of the disconnect message, and both are too many', () => {
    assert.deepEqual(parseMainOptions({ data: 7, handler: 'src/echo/handler.ts' }).data, 7);
    assert.throws(() => parseMainOptions({ data: 7, disconnectMessage: 'bye' }), {
      name: 'OptionError',
      option: 'disconnectMessage',
    });
  });
});
