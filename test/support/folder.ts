import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A test, or a whole file of them, that tidies up when it is over. */
export interface Scope {
  after(tidy: () => void): void;
}

/** A folder with these files, for one test. */
export function folder(t: Scope, files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'multithread-server-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

/** The source of a handler for lines that answers with a word before each message. */
export function saying(word: string): string {
  return `export default async (connection) => {
    for await (const message of connection) await connection.send('${word} ' + message);
  };`;
}
