import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HandlerLoadError, listen } from '../../src/index.ts';
import { folder } from '../support/folder.ts';
import { Client } from '../support/client.ts';
import { serve } from '../support/serve.ts';

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

const FUNCTION = `async (connection) => {
  for await (const message of connection) await connection.send(said + ' ' + message);
}`;
const MESSAGE = "(connection, message) => connection.send(said + ' ' + message)";
const SETUP = "() => { said = 'set up'; }";
const LINES = "{ type: 'lines' }";

/** Every one serves lines, answers them with what its `setup` has set, and is loaded as `handler.EXTENSION`. */
const FORMS: readonly (readonly [
  form: string,
  extension: string,
  text: string,
  more?: Record<string, string>,
])[] = [
  [
    'ESM: a function',
    'mjs',
    `let said; export default ${FUNCTION}; export const setup = ${SETUP}; export const framing = ${LINES};`,
  ],
  [
    'ESM: callbacks',
    'mjs',
    `let said; export default { message: ${MESSAGE}, framing: ${LINES} }; export const setup = ${SETUP};`,
  ],
  [
    'ESM: callbacks, and setup among them',
    'mjs',
    `let said; export default { message: ${MESSAGE}, framing: ${LINES}, setup: ${SETUP} };`,
  ],
  [
    'ESM: callbacks as named exports',
    'mjs',
    `let said; export const message = ${MESSAGE}, setup = ${SETUP}, framing = ${LINES};`,
  ],
  [
    'ESM: an object of a class',
    'mjs',
    `let said;
     class Greeter {
       #said;
       framing = ${LINES};
       setup() { this.#said = 'set up'; }
       message(connection, message) { return connection.send(this.#said + ' ' + message); }
     }
     export default new Greeter();`,
  ],
  [
    'ESM: the default export of a CommonJS module, passed on',
    'mjs',
    "export { default } from './inner.cjs';",
    {
      'inner.cjs': `let said; exports.__esModule = true; exports.default = ${FUNCTION};
        exports.setup = ${SETUP}; exports.framing = ${LINES};`,
    },
  ],
  [
    'CommonJS: exports.default, setup beside it',
    'cjs',
    `let said; Object.defineProperty(exports, '__esModule', { value: true });
     exports.default = ${FUNCTION}; exports.setup = ${SETUP}; exports.framing = ${LINES};`,
  ],
  [
    'CommonJS: exports.default with callbacks',
    'cjs',
    `let said; Object.defineProperty(exports, '__esModule', { value: true });
     exports.default = { message: ${MESSAGE} }; exports.setup = ${SETUP}; exports.framing = ${LINES};`,
  ],
  [
    'CommonJS: exports.message, setup beside it',
    'cjs',
    `let said; exports.message = ${MESSAGE}; exports.setup = ${SETUP}; exports.framing = ${LINES};`,
  ],
  [
    'CommonJS: module.exports with callbacks',
    'cjs',
    `let said; module.exports = { message: ${MESSAGE}, setup: ${SETUP}, framing: ${LINES} };`,
  ],
  [
    'CommonJS: module.exports is the function',
    'cjs',
    `let said; const handle = ${FUNCTION}; module.exports = Object.assign(handle, { setup: ${SETUP}, framing: ${LINES} });`,
  ],
  [
    'CommonJS: names that Node cannot find',
    'cjs',
    `let said; const parts = { framing: ${LINES}, setup: ${SETUP}, default: ${FUNCTION} };
     for (const name of Object.keys(parts)) exports[name] = parts[name];`,
  ],
];

describe('forms of a handler module', { concurrency: 2 }, () => {
  for (const [form, extension, text, more] of FORMS) {
    test(form, async (t) => {
      const name = `handler.${extension}`;
      await answers(t, pathToFileURL(join(folder(t, { ...more, [name]: text }), name)));
    });
  }

  for (const [what, text] of [
    [
      'a function',
      `export default async function handle(connection: AsyncIterable<string> & { send(m: string): Promise<void> }) {
         for await (const message of connection) await connection.send(said + ' ' + message);
       }`,
    ],
    [
      'callbacks',
      `export default {
         message: (connection: { send(m: string): Promise<void> }, message: string) => connection.send(said + ' ' + message),
       };`,
    ],
    [
      'callbacks as named exports',
      `export const message = (connection: { send(m: string): Promise<void> }, message: string) =>
         connection.send(said + ' ' + message);`,
    ],
  ] as const) {
    test(`TypeScript compiled to CommonJS: ${what}`, async (t) => {
      const beside = `let said = ''; export const setup = (): void => { said = 'set up'; };
        export const framing = { type: 'lines' };`;
      const cwd = folder(t, { 'package.json': '{ "type": "commonjs" }', 'handler.ts': `${text}\n${beside}` });
      const args = [
        'handler.ts',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        '',
        '--outDir',
        'out',
      ];
      const { stdout, status } = spawnSync(process.execPath, [TSC, ...args], { cwd, encoding: 'utf-8' });
      assert.deepEqual({ stdout, status }, { stdout: '', status: 0 });
      await answers(t, pathToFileURL(join(cwd, 'out/handler.js')));
    });
  }
});

const UNFIT: readonly (readonly [form: string, extension: string, text: string, found: string])[] = [
  ['nothing', 'mjs', 'export {};', 'got undefined; it exports nothing'],
  ['other names', 'mjs', 'export const handle = 1, serve = 2;', 'got undefined; it exports handle, serve'],
  ['other names in CommonJS', 'cjs', 'exports.handle = () => {};', 'got undefined; it exports handle'],
  ['null', 'mjs', 'export default null;', 'got null'],
  ['a text', 'cjs', "module.exports = 'handler';", 'got string'],
  ['a class', 'mjs', 'export default class Echo { message() {} }', 'got the class Echo'],
  [
    'a promise',
    'mjs',
    'export default Promise.resolve(() => {});',
    'got a value of type Promise without a callback',
  ],
  ['an empty object', 'mjs', 'export default {};', 'got a value of type Object without a callback'],
  ['callbacks that are none', 'mjs', 'export default { setup() {} };', 'without a callback (open, message,'],
  [
    'a default deeper than any compiler puts it',
    'mjs',
    'export default { default: { default: { default() {} } } };',
    'without a callback',
  ],
  [
    'a slip beside callbacks',
    'cjs',
    'exports.open = () => {}; exports.mesage = () => {};',
    '"mesage" isn\'t known',
  ],
  ['a callback that is none', 'mjs', "export const message = 'hello';", '"message" must be a function'],
  [
    'a setup that is none',
    'cjs',
    "exports.message = () => {}; exports.setup = 'now';",
    '"setup" must be a function, got string',
  ],
];

describe('what is no handler is named', { concurrency: 2 }, () => {
  for (const [form, extension, text, found] of UNFIT) {
    test(form, async (t) => {
      const name = `handler.${extension}`;
      const handler = pathToFileURL(join(folder(t, { [name]: text }), name));
      const starting = listen({ host: '127.0.0.1', threads: 1, handler });
      await assert.rejects(starting, (error: Error) => {
        assert.ok(error instanceof HandlerLoadError, String(error));
        assert.ok(error.message.includes(found), error.message);
        return true;
      });
    });
  }
});

async function answers(t: Parameters<typeof serve>[0], handler: URL): Promise<void> {
  const client = await Client.connect(await serve(t, { handler }));
  await client.ask('hello\n', 'set up hello\n');
}
