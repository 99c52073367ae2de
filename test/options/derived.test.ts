import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { withComments } from '../../scripts/docs/comments.ts';
import { derived } from '../../scripts/docs/derived.ts';
import { rateEntries } from '../../src/options/admission-options.ts';

const rate = (members: string): string =>
  `export interface Rate {\n${members}}\n\nexport interface Other {}\n`;

describe('what derives from the entries of options', () => {
  for (const [file, text] of derived()) {
    test(`${file.split('/').slice(-2).join('/')} is up to date`, () => {
      assert.ok(readFileSync(file, 'utf-8') === text, '`npm run docs` writes it anew');
    });
  }

  test('comments are written anew, whatever stood there', () => {
    const fresh = rate(
      '  /** So many a second in the long run. */\n  perSecond: number;\n' +
        '  /** So many at once after a pause. Default: `perSecond`, at least 1. */\n  burst?: number;\n',
    );
    const bare = rate('  perSecond: number;\n  burst?: number;\n');
    const stale = rate(
      '  /**\n   * Of old.\n   */\n  perSecond: number;\n  /** Of old. */\n  burst?: number;\n',
    );
    for (const source of [bare, stale, fresh]) assert.equal(withComments(source, 'Rate', rateEntries), fresh);
  });

  test('an interface that is missing, or a member that has no entry, is an error', () => {
    assert.throws(() => withComments(rate(''), 'Rates', rateEntries), /there is no interface Rates/);
    assert.throws(() => withComments(rate('  more: 1;\n'), 'Rate', rateEntries), /Rate\.more has no entry/);
  });
});
