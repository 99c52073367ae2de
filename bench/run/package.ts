import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './paths.ts';

/**
 * Compiles the package as it is published. Every run measures the sources of its beginning, whoever edits them meanwhile.
 * @throws Error with the compiler's complaints.
 */
export function compilePackage(): void {
  const out = join(build, 'package');
  rmSync(out, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/.bin/tsc');
  const config = join(root, 'tsconfig.build.json');
  try {
    execFileSync(tsc, ['-p', config, '--outDir', out, '--declaration', 'false'], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`the package doesn't compile:\n${(error as { stdout: string }).stdout}`, {
      cause: error,
    });
  }
}
