import { defineConfig } from 'oxlint';

/** The house: who stands on whom. A room imports from those that are named, and from nobody else. */
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  framing: ['base'],
  format: ['base'],
  transport: ['base'],
  options: ['base', 'framing', 'format', 'transport'],
  protocol: ['base', 'framing', 'format', 'transport', 'options'],
  connection: ['base', 'framing', 'format', 'transport', 'options'],
  client: ['base', 'framing', 'format', 'transport', 'options', 'connection'],
  thread: ['base', 'framing', 'format', 'transport', 'options', 'connection', 'protocol'],
  main: ['base', 'framing', 'format', 'transport', 'options', 'protocol'],
  echo: ['base', 'framing', 'format', 'connection', 'options', 'main', 'listen.ts'],
  'handler.ts': ['base', 'framing', 'format', 'connection'],
  'listen.ts': ['base', 'transport', 'options', 'main'],
  cli: ['base', 'framing', 'format', 'options', 'connection', 'client', 'main', 'echo', 'listen.ts'],
};
const SOCKETS = ['Socket', 'Server', 'createServer', 'connect', 'createConnection', 'TLSSocket'];

/** For a folder, at whatever depth, or a file of `src/`: `../` and `./` lead to its neighbours. */
function borders(room: string, allowed: readonly string[]) {
  const isFile = room.endsWith('.ts');
  const isTransport = room === 'transport';
  const others = [...Object.keys(HOUSE), 'index.ts'].filter(
    (name) => name !== room && !allowed.includes(name),
  );
  return {
    files: [isFile ? `src/${room}` : `src/${room}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: isTransport
            ? []
            : ['node:net', 'node:tls'].map((name) => ({
                name,
                importNames: SOCKETS,
                message: 'Only transport/ knows sockets.',
              })),
          patterns: [
            {
              regex: `^${isFile ? '\\./' : '(\\.\\./)+'}(${others.map((name) => name.replace('.', '\\.')).join('|')})(/|$)`,
              message: `${room} must not import from there: see HOUSE in oxlint.config.ts.`,
            },
            ...(isTransport
              ? []
              : [
                  {
                    group: ['**/transport/**', '!**/transport/transport.ts', '!**/transport/choose.ts'],
                    message: 'Of transport/ only transport.ts and choose.ts may be imported.',
                  },
                  { regex: '^node:ffi$', message: 'Only transport/ knows node:ffi.' },
                ]),
          ],
        },
      ],
    },
  };
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  options: { typeAware: true },
  rules: {
    eqeqeq: 'error',
    'no-console': 'error',
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'promise/no-promise-in-callback': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-cycle': 'error',
  },
  overrides: [
    ...Object.entries(HOUSE).map(([room, allowed]) => borders(room, allowed)),
    {
      files: ['src/cli/**', 'scripts/**', 'bench/**', 'examples/**', 'test/fixtures/**'],
      rules: { 'no-console': 'off' },
    },
    { files: ['test/**'], rules: { 'typescript/no-floating-promises': 'off' } },
  ],
  ignorePatterns: ['dist'],
});
