const LONGEST_WAIT_MS = 20_000;
const POLL_MS = 5;

/** A promise that must not hang the suite: rejects, saying what was waited for, when it takes too long. */
export async function within<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited in vain for ${what()}`)), LONGEST_WAIT_MS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as soon as the condition holds. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}
