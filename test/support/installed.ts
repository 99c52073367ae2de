import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PROJECT = '{ "private": true, "type": "module" }';

/** What users haven't, and what others may be writing at this moment. */
const LEFT = ['node_modules', 'dist', '.git', 'bench', 'test', 'docs', 'examples'];

// What npm tells the scripts it runs is about this package, and must not reach the npm that is run here.
export const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_local_prefix|command)|INIT_CWD)/.test(name),
  ),
);

/**
 * A project in which the package is installed as users get it: packed.
 * @param home an empty folder.
 * @param files of the project, beside its `package.json`.
 * @param packages further ones, as npm takes them.
 * @returns the project's folder.
 */
export function install(
  home: string,
  files: Readonly<Record<string, string>>,
  ...packages: string[]
): string {
  // A copy, so that the checkout's own dist/ isn't touched while others may use it.
  const copy = join(home, 'copy');
  const left = new Set(LEFT.map((name) => join(ROOT, name)));
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !left.has(source) });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  npm(copy, 'pack', '--pack-destination', home);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf-8'));

  const project = join(home, 'project');
  for (const [name, text] of Object.entries({ 'package.json': PROJECT, ...files })) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  const packed = join(home, `multithread-server-${version}.tgz`);
  npm(project, 'install', '--prefer-offline', '--no-audit', '--no-fund', packed, ...packages);
  return project;
}

function npm(cwd: string, ...args: string[]): void {
  execFileSync('npm', [...args, '--loglevel=error'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
