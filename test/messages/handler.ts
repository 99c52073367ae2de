/** A handler module of test/messages/fixtures/. */
export function handler(name: string): URL {
  return new URL(`./fixtures/${name}.ts`, import.meta.url);
}
