/** Sockets can be moved to worker threads since this version (Unix 26.6, Windows 26.7). */
const MINIMUM = [26, 7] as const;

/** One sentence when this Node is too old for the server, else undefined. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined;
  return `multithread-server needs Node ${MINIMUM.join('.')} or newer to move sockets to threads; this is Node ${version}`;
}
