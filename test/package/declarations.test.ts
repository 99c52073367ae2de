import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sentences } from '../../scripts/docs/wording.ts';
import { mainEntries } from '../../src/echo/main-options.ts';
import { connectEntries } from '../../src/options/connect-options.ts';
import { listenEntries } from '../../src/options/listen-options.ts';
import { factsOf } from '../../src/options/option.ts';
import { folder } from '../support/folder.ts';
import { buildDeclarations, documentedIn, type Documented } from '../support/declarations.ts';

describe("the build's .d.ts", () => {
  const built = folder({ after });
  const modules = ['index', 'echo/main'];
  const documented: Documented[] = [];

  before(() => {
    buildDeclarations(built);
    for (const name of modules) documented.push(...documentedIn(join(built, `${name}.d.ts`)));
  });

  for (const [name, entries] of [
    ['ListenOptions', listenEntries],
    ['ConnectOptions', connectEntries],
    ['MainOptions', mainEntries],
  ] as const) {
    test(`${name} has the meaning, the unit and the default of each option`, () => {
      for (const [option, entry] of Object.entries(entries)) {
        const comment = documented.find((one) => one.name === `${name}.${option}`)?.comment;
        assert.equal(comment, sentences(factsOf(entry)), option);
      }
    });
  }

  test('everything that is exported has a comment, and every member of it', () => {
    const names = documented.filter(({ comment }) => comment === undefined).map(({ name }) => name);
    assert.deepEqual(names, []);
    for (const name of [
      'listen',
      'MultiThreadServer.close',
      'Connection.send',
      'ServerEvents.disconnect',
      'PORT',
    ]) {
      assert.ok(
        documented.some((one) => one.name === name),
        `${name} was looked at`,
      );
    }
  });
});
