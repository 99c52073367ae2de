import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cli } from '../support/command.ts';
import { folder } from '../support/folder.ts';

const whole = (unit: string, from: number, to: number) =>
  `must be a whole number${unit} from ${from} to ${to}`;
const PORT = whole('', 0, 65_535);
const SIZE = whole(' of bytes', 1, 1_073_741_824);
const CONNECTIONS = whole(' of connections', 1, 16_777_216);
const CLOSE_TIMEOUT = `${whole(' of milliseconds', 0, 2_147_483_647)}, or Infinity`;
const THREADS =
  "must be a whole number from 1 to 1024, { min, max, idleTimeout? } within it, or 'per-connection'";
const FORMAT = 'must be one of utf-8, utf-16le, latin1, ascii, hex, base64, binary, json';
const FRAMING =
  'must be one of raw[:SIZE], lines[:MAX_LENGTH], delimiter:BYTES, fixed-length[:LENGTH], length-field[:1|2|3|4|8|varint[,big|little]]';
const TEXT = "must be a text that isn't empty";
const FILE = 'must be the path of a file';
const HELP = '(--help shows all options)';

const WRONG_OPTIONS: readonly (readonly [args: readonly string[], error: string])[] = [
  [['--port', 'http'], `option --port ${PORT}, got "http"`],
  [['--port', ''], `option --port ${PORT}, got ""`],
  [['--port', '-1'], `option --port ${PORT}, got -1`],
  [['--port', '65536'], `option --port ${PORT}, got 65536`],
  [['--port', '1.5'], `option --port ${PORT}, got 1.5`],
  [['--port', '0x50'], `option --port ${PORT}, got "0x50"`],
  [['--port', ' 80'], `option --port ${PORT}, got " 80"`],
  [['--host', ''], `option --host ${TEXT}, got ""`],
  [['--size', '0'], `option --size ${SIZE}, got 0`],
  [['--size', '1k'], `option --size ${SIZE}, got "1k"`],
  [['--size', '1073741825'], `option --size ${SIZE}, got 1073741825`],
  [['--format', 'utf8'], `option --format ${FORMAT}, got "utf8"`],
  [['--framing', 'line'], `option --framing ${FRAMING}, got "line"`],
  [['--framing', 'lines:0'], `option --framing (maxLength) ${SIZE}, got 0`],
  [['--disconnect-message', ''], `option --disconnect-message ${TEXT}, got ""`],
  [
    ['--size', '4', '--framing', 'fixed-length'],
    'option --disconnect-message must be a message of the framing: fixed-length: a message must have at most 4 bytes, got 11',
  ],
  [['--threads', '0'], `option --threads ${THREADS}, got 0`],
  [['--threads', '1025'], `option --threads ${THREADS}, got 1025`],
  [['--threads', 'many'], `option --threads ${THREADS}, got "many"`],
  [['--max-connections', '0'], `option --max-connections ${CONNECTIONS}, got 0`],
  [['--max-connections', 'Infinity'], `option --max-connections ${CONNECTIONS}, got "Infinity"`],
  [['--close-timeout', '-1'], `option --close-timeout ${CLOSE_TIMEOUT}, got -1`],
  [['--close-timeout', '5s'], `option --close-timeout ${CLOSE_TIMEOUT}, got "5s"`],
  [
    ['--accept-rate', '0'],
    'option --accept-rate (perSecond) must be { perSecond, burst? }: numbers above 0, burst at least 1, got 0',
  ],
  [['--no-delay', 'yes'], 'option --no-delay must be true or false, got "yes"'],
  [['--options', 'missing.json'], 'option --options must be the path of a file, got "missing.json" (ENOENT)'],
  [['--watch'], 'option --watch needs a --handler to watch'],
  [['--watch', '--handler', 'data:text/javascript,0'], 'option --watch needs a --handler to watch'],
  [['--handler', 'missing.ts'], `option --handler ${FILE}, got "missing.ts"`],
  [['--handler', '.'], `option --handler ${FILE}, got "."`],
  [['--prot', '80'], `unknown option '--prot' (Did you mean --port?) ${HELP}`],
  [['--port'], `option '--port <number>' argument missing ${HELP}`],
  [['80'], `too many arguments. Expected 0 arguments but got 1. ${HELP}`],
];

describe('a wrong option is one line on stderr', { concurrency: 4 }, () => {
  for (const [args, error] of WRONG_OPTIONS) {
    test(args.map((arg) => arg || "''").join(' '), async (t) => {
      const { stdout, ...end } = await cli(t, ['--quiet', ...args]).end();
      assert.deepEqual(end, { code: 2, signal: null, stderr: `error: ${error}\n` });
      assert.equal(stdout, '');
    });
  }
});

const WRONG_HANDLERS: Readonly<Record<string, readonly [source: string, error: string, position?: string]>> =
  {
    'throws.js': ["\nthrow new Error('boom');\nexport {};", 'boom', ':2:7'],
    'throws-twice.js': ["throw new Error('boom\\n\\n  twice');\nexport {};", 'boom twice', ':1:7'],
    'throws-text.js': ["throw 'boom';\nexport {};", 'boom'],
    'syntax.ts': ['export default (c: ) => {};', 'Unexpected token', ':1'],
    'enum.ts': ['enum A { B }', 'TypeScript enum is not supported in strip-only mode', ':1'],
    'setup.js': [
      "export default () => {};\nexport const setup = async () => { throw new Error('no database'); };",
      'no database',
      ':2:42',
    ],
    'no-default.js': [
      'export const handler = () => {};',
      'its default export must be a function or made by defineHandler(), got undefined',
    ],
    'exits.js': ['process.exit(3);\nexport {};', 'exited with code 3 before it was ready'],
  };

describe("a handler that can't be loaded is one line on stderr", { concurrency: 4 }, () => {
  for (const [name, [source, why, position]] of Object.entries(WRONG_HANDLERS)) {
    test(name, async (t) => {
      const cwd = folder(t, { [name]: source });
      const { stderr, ...end } = await cli(t, ['--port', '0', '--quiet', '--handler', name], { cwd }).end();
      assert.deepEqual(end, { code: 1, signal: null, stdout: '' });
      assert.match(stderr, /^error: [^\n]*\n$/);
      assert.ok(stderr.includes(why), stderr);
      if (position !== undefined) assert.ok(stderr.endsWith(`${join(cwd, name)}${position})\n`), stderr);
    });
  }

  test('a package it needs is missing', async (t) => {
    const cwd = folder(t, { 'needs.js': "import 'not-installed';\nexport default () => {};" });
    const { code, stderr } = await cli(t, ['--port', '0', '--handler', 'needs.js'], { cwd }).end();
    assert.equal(code, 1);
    const path = join(cwd, 'needs.js');
    assert.equal(
      stderr,
      `error: handler ${path} can't be loaded: Cannot find package 'not-installed' imported from ${path}\n`,
    );
  });
});

describe("an address that can't be had is one line on stderr", { concurrency: 4 }, () => {
  test('the port is in use', async (t) => {
    const port = await cli(t, ['--port', '0', '--host', '127.0.0.1']).port();
    const { stderr, stdout, ...end } = await cli(t, ['--port', `${port}`]).end();
    assert.deepEqual(end, { code: 1, signal: null });
    assert.equal(stderr, `error: port ${port} on 127.0.0.1 is in use already\n`);
    assert.equal(stdout, '[STARTING] Server is starting...\n');
  });

  test('the address is of another machine', async (t) => {
    const { code, stderr } = await cli(t, ['--port', '0', '--host', '192.0.2.1']).end();
    assert.equal(code, 1);
    assert.equal(stderr, "error: this machine doesn't have the address 192.0.2.1\n");
  });

  test('the name is unknown', async (t) => {
    const { code, stderr } = await cli(t, ['--port', '0', '--host', 'unknown.invalid']).end();
    assert.equal(code, 1);
    assert.match(stderr, /^error: host unknown\.invalid (isn't known|can't be looked up now)\n$/);
  });
});
