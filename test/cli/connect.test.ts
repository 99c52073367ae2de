import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import type { ListenOptions } from '../../src/index.ts';
import { MAIN } from '../support/command.ts';
import { plainServer } from '../support/plain-server.ts';
import { unusedPort } from '../support/port.ts';
import { record } from '../support/record.ts';
import { fixture, serve } from '../support/serve.ts';
import { until, within } from '../support/wait.ts';

interface Session {
  /** Types, or pipes, so much. */
  write(input: string | Uint8Array): void;
  /** Ends the input. */
  end(input?: string | Uint8Array): void;
  /** The next so many bytes of its output. */
  read(length: number): Promise<string>;
  /** How it ended, and what it printed that wasn't read before. */
  ending(): Promise<{ code: number | null; stdout: Buffer; stderr: string }>;
}

/** Starts `multithread-server connect` with pipes. */
function start(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Session {
  const child = spawn(process.execPath, [MAIN, 'connect', ...args], { env: { ...process.env, ...env } });
  t.after(() => child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  const exited = once(child, 'close');
  const stderr = text(child.stderr);
  let rest: Promise<Buffer> | undefined;
  return {
    write: (input) => void child.stdin.write(input),
    end: (input) => void child.stdin.end(input),
    async read(length) {
      let piece: Buffer | null;
      while ((piece = child.stdout.read(length) as Buffer | null) === null) {
        await within(once(child.stdout, 'readable'), () => `${length} bytes of output`);
      }
      return piece.toString();
    },
    async ending() {
      rest ??= buffer(child.stdout);
      const [code] = (await within(exited, () => 'the end of the command')) as [number | null];
      return { code, stdout: await rest, stderr: await stderr };
    },
  };
}

/** Sends an input to a server and returns what came of it. */
async function pipe(
  t: TestContext,
  args: readonly string[],
  input: string | Uint8Array,
  options?: ListenOptions,
) {
  const server = await serve(t, options);
  const session = start(t, [at(server), ...args]);
  session.end(input);
  const { stdout, ...end } = await session.ending();
  return { ...end, stdout: stdout.toString() };
}

/** An address as the command takes it. */
function at({ address }: { readonly address?: { readonly port: number } | undefined }): string {
  return `127.0.0.1:${address!.port}`;
}

/** Why it could not connect. */
async function failing(t: TestContext, args: readonly string[], env?: NodeJS.ProcessEnv) {
  const session = start(t, args, env);
  session.end();
  const { stdout, ...end } = await session.ending();
  assert.equal(stdout.toString(), '');
  return end;
}

const fine = { code: 0, stderr: '' };

describe('connect, with pipes', { concurrency: 4 }, () => {
  test('echo hi | multithread-server connect PORT', async (t) => {
    const server = await serve(t);
    const session = start(t, [String(server.address!.port)]);
    session.end('hi\n');
    const { stdout, ...end } = await session.ending();
    assert.deepEqual({ ...end, stdout: stdout.toString() }, { ...fine, stdout: 'hi\n' });
  });

  test('bytes pass as they are: 1 MB at random, both ways', async (t) => {
    const server = await serve(t);
    const session = start(t, [at(server)]);
    const bytes = randomBytes(2 ** 20);
    session.end(bytes);
    const { stdout, ...end } = await session.ending();
    assert.deepEqual(end, fine);
    assert.equal(stdout.length, bytes.length);
    assert.ok(stdout.equals(bytes));
  });

  for (const [flag, framing, output] of [
    ['lines', { type: 'lines' }, 'ONE\n\nTHREE\n'],
    ['delimiter:\\r\\n', { type: 'delimiter', delimiters: ['\r\n'] }, 'ONE\n\nTHREE\n'],
    ['fixed-length:6', { type: 'fixed-length', length: 6 }, 'ONE   \n      \nTHREE \n'],
    [
      'length-field:2,little',
      { type: 'length-field', lengthBytes: 2, byteOrder: 'little' },
      'ONE\n\nTHREE\n',
    ],
  ] as const) {
    test(`each line is a message of ${flag}`, async (t) => {
      const options = { framing, handler: fixture('upper') };
      const { stdout, ...end } = await pipe(t, ['--framing', flag], 'one\r\n\nthree', options);
      assert.deepEqual(end, fine);
      assert.equal(stdout, output);
    });
  }

  test('many lines, in order', async (t) => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('');
    const { stdout, ...end } = await pipe(t, ['--framing', 'lines'], lines, { framing: { type: 'lines' } });
    assert.deepEqual(end, fine);
    assert.ok(stdout === lines);
  });

  test('JSON, a value a line', async (t) => {
    const args = ['--framing', 'length-field', '--format', 'json'];
    const options = { framing: { type: 'length-field' }, handler: fixture('doubles-json-lines') } as const;
    const output = await pipe(t, args, ' {"value" : 21}\n"ha"\n', options);
    assert.deepEqual(output, { ...fine, stdout: '{"value":42}\n"haha"\n' });
  });

  test("a line that isn't JSON is told of, and the next is sent", async (t) => {
    const args = ['--framing', 'lines', '--format', 'json'];
    const { code, stdout, stderr } = await pipe(t, args, '{"value":\n"ha"\n', {
      handler: fixture('doubles-json-lines'),
    });
    assert.equal(stdout, '"haha"\n');
    assert.match(stderr, /^error: the line is not JSON: [^\n]+\n$/);
    assert.equal(code, 0);
  });

  test('a line that cannot be framed is told of, and the next is sent', async (t) => {
    const { code, stdout, stderr } = await pipe(t, ['--framing', 'fixed-length:4'], 'too long\nok\n', {
      framing: { type: 'fixed-length', length: 4 },
      handler: fixture('upper'),
    });
    assert.equal(stdout, 'OK  \n');
    assert.equal(stderr, 'error: fixed-length: a message must have at most 4 bytes, got 8\n');
    assert.equal(code, 0);
  });

  for (const [format, input, output] of [
    ['utf-16le', 'grün\n', 'grün\n'],
    ['binary', 'grün\n', 'grün\n'],
  ] as const) {
    test(`lines of ${format} come back as they were`, async (t) => {
      const framing = { type: 'length-field' } as const;
      const { stdout, ...end } = await pipe(t, ['--framing', 'length-field', '--format', format], input, {
        framing,
        format,
      });
      assert.deepEqual(end, fine);
      assert.equal(stdout, output);
    });
  }

  test('binary messages are printed byte for byte', async (t) => {
    const plain = await plainServer(t);
    const session = start(t, [at(plain), '--framing', 'lines', '--format', 'binary']);
    (await plain.client).end(Buffer.from([0x80, 0xff, 0x00, 0x0a]));
    session.end();
    const { stdout, ...end } = await session.ending();
    assert.deepEqual(end, fine);
    assert.deepEqual(stdout, Buffer.from([0x80, 0xff, 0x00, 0x0a]));
  });

  test('what comes is printed as it comes, while the input stays open', async (t) => {
    const server = await serve(t, { framing: { type: 'lines' } });
    const session = start(t, [at(server), '--framing', 'lines']);
    for (const line of ['one\n', 'two\n']) {
      session.write(line);
      assert.equal(await session.read(4), line);
    }
    session.write('!DISCONNECT\n');
    const { stdout, ...end } = await session.ending();
    assert.deepEqual({ ...end, stdout: stdout.toString() }, { ...fine, stdout: '' });
  });

  test('when the server ends, the command ends, though its input stays open', async (t) => {
    const plain = await plainServer(t);
    const session = start(t, [at(plain)]);
    (await plain.client).end('bye');
    const { stdout, ...end } = await session.ending();
    assert.deepEqual({ ...end, stdout: stdout.toString() }, { ...fine, stdout: 'bye' });
  });

  test('a server that answers after the end of the input is heard', async (t) => {
    const plain = await plainServer(t);
    const session = start(t, [at(plain)]);
    session.end('question');
    const socket = await plain.client;
    let question = '';
    socket.setEncoding('utf-8').on('data', (piece: string) => {
      question += piece;
    });
    await once(socket, 'end');
    assert.equal(question, 'question');
    socket.end('answer');
    const { stdout, ...end } = await session.ending();
    assert.deepEqual({ ...end, stdout: stdout.toString() }, { ...fine, stdout: 'answer' });
  });

  test('a reset by the server is one line on stderr', async (t) => {
    const plain = await plainServer(t);
    const session = start(t, [at(plain)]);
    session.write('hello');
    const socket = await plain.client;
    await once(socket, 'data');
    socket.resetAndDestroy();
    const { code, stderr } = await session.ending();
    assert.deepEqual([code, stderr], [1, 'error: the connection ended: peer-reset\n']);
  });

  test('bytes of the server that are no message are one line on stderr', async (t) => {
    const plain = await plainServer(t);
    const session = start(t, [at(plain), '--framing', 'lines', '--format', 'json']);
    (await plain.client).write('"fine"\n[1,]\n');
    const { code, stdout, stderr } = await session.ending();
    assert.equal(stdout.toString(), '"fine"\n');
    assert.match(stderr, /^error: connection 1: json: Unexpected token .* at position 3\n/);
    assert.equal(code, 1);
  });

  test('a reader that goes away ends the command, without a stack', async (t) => {
    const server = await serve(t);
    const disconnects = record(server, 'disconnect');
    const pipeline = `yes | "$0" "$1" connect 127.0.0.1:${server.address!.port} | head -n 1`;
    const child = spawn('sh', ['-c', pipeline, process.execPath, MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const [stdout, stderr] = await within(
      Promise.all([text(child.stdout), text(child.stderr)]),
      () => 'the end of the pipeline',
    );
    assert.deepEqual([stdout, stderr], ['y\n', '']);
    await disconnects.one();
  });
});

describe('connect, when it cannot', { concurrency: 4 }, () => {
  test('nothing listens', async (t) => {
    const port = await unusedPort();
    assert.deepEqual(await failing(t, [`127.0.0.1:${port}`]), {
      code: 1,
      stderr: `error: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    });
  });

  test('nothing listens on any address of the host', async (t) => {
    const lookup = `import dns from 'node:dns';
      dns.lookup = (host, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]);`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(lookup)}` };
    const port = await unusedPort();
    const { code, stderr } = await failing(t, [`two-addresses:${port}`], env);
    assert.equal(code, 1);
    assert.match(stderr, /^error: connect ECONNREFUSED 127\.0\.0\.1:\d+[^\n]*\n$/);
  });

  test('the host is unknown', async (t) => {
    const { code, stderr } = await failing(t, ['unknown.invalid:1']);
    assert.equal(code, 1);
    assert.match(stderr, /^error: host unknown\.invalid (isn't known|can't be looked up now)\n$/);
  });

  for (const [args, error] of [
    [[], /^error: missing required argument 'address'/],
    [['localhost:http'], /^error: .*\[host:\]port, got "localhost:http"/],
    [['1', '--framing', 'morse'], /^error: option --framing must be one of raw\[:SIZE\], .*, got "morse"/],
    [['1', '--format', 'utf8'], /^error: option --format must be one of utf-8, .*, got "utf8"/],
  ] as const) {
    test(`connect ${args.join(' ')}`, async (t) => {
      const { code, stderr } = await failing(t, args);
      assert.match(stderr, error);
      assert.equal(stderr.split('\n').length, 2, 'it is one line');
      assert.equal(code, 2);
    });
  }
});

/** `script` of util-linux gives the command a terminal. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf-8' }).stdout?.includes('util-linux');

interface Terminal {
  type(keys: string): void;
  /** Waits until the screen has got this text, after what was seen before. */
  see(expected: string): Promise<void>;
  /** Exit code of the command. */
  ending(): Promise<number | null>;
}

function openTerminal(t: TestContext, args: readonly string[]): Terminal {
  const words = [process.execPath, MAIN, 'connect', ...args].map((word) => `'${word}'`);
  const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'close');
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf-8').on('data', (piece: string) => {
    screen += piece;
  });
  return {
    type: (keys) => void child.stdin.write(keys),
    async see(expected) {
      await until(
        () => screen.includes(expected, seen),
        () => `${JSON.stringify(expected)} after ${JSON.stringify(screen.slice(seen))}`,
      );
      seen = screen.indexOf(expected, seen) + expected.length;
    },
    async ending() {
      const [code] = (await within(exited, () => 'the end of the command')) as [number | null];
      return code;
    },
  };
}

describe(
  'connect, in a terminal',
  { concurrency: 4, skip: !hasScript && 'needs script of util-linux' },
  () => {
    test('lines are edited and remembered, answers printed, Ctrl-D ends', async (t) => {
      const server = await serve(t, { framing: { type: 'lines' }, handler: fixture('upper') });
      const terminal = openTerminal(t, [at(server), '--framing', 'lines']);
      await terminal.see('Connected to 127.0.0.1:');
      await terminal.see('> ');
      terminal.type('hexlo\u0002\u0002\u007Fl\r');
      await terminal.see('HELLO');
      await terminal.see('> ');
      // The line before, with more behind it.
      terminal.type('\u001B[A again\r');
      await terminal.see('HELLO AGAIN');
      terminal.type('\u0004');
      await terminal.see('Connection closed.');
      assert.equal(await terminal.ending(), 0);
    });

    test('what comes while a line is typed stands above it', async (t) => {
      const plain = await plainServer(t);
      const terminal = openTerminal(t, [at(plain)]);
      await terminal.see('> ');
      terminal.type('half a li');
      await terminal.see('half a li');
      (await plain.client).write('news\n');
      await terminal.see('news\r\n');
      await terminal.see('> half a li');
      terminal.type('\u0003');
      await terminal.see('Connection closed.');
      assert.equal(await terminal.ending(), 0);
    });

    test("a line that isn't JSON ends nothing; a reset is told of", async (t) => {
      const plain = await plainServer(t);
      const terminal = openTerminal(t, [at(plain), '--framing', 'lines', '--format', 'json']);
      await terminal.see('> ');
      terminal.type('{bad\r');
      await terminal.see('error: the line is not JSON');
      await terminal.see('> ');
      terminal.type('[1]\r');
      const socket = await plain.client;
      const [sent] = (await once(socket, 'data')) as [Buffer];
      assert.equal(sent.toString(), '[1]\n');
      socket.resetAndDestroy();
      await terminal.see('error: the connection ended: peer-reset');
      assert.equal(await terminal.ending(), 1);
    });
  },
);
