/** Loads a handler with the protocol it brings. */
import { showValue } from '../base/show-value.ts';
import { DEFAULT_FORMAT, type FormatDescriptor, type FormatName } from '../format/descriptor.ts';
import type { Format } from '../format/format.ts';
import { createFormat } from '../format/resolve.ts';
import { DEFAULT_FRAMING } from '../framing/descriptor.ts';
import type { Framing } from '../framing/framing.ts';
import { createCheckedFraming } from '../framing/resolve.ts';
import type { HandlerModule, HandlerProtocol, ThreadContext } from '../connection/handler.ts';
import type { OnDrain } from '../options/public.ts';
import type { ThreadStart } from '../protocol/messages.ts';
import { createThreadContext } from '../connection/thread-context.ts';
import { handlerOf } from './handler-exports.ts';

/** What a thread needs to serve. */
export interface Prepared {
  readonly module: HandlerModule;
  readonly framing: Framing;
  readonly format: Format;
  readonly onDrain: OnDrain;
  readonly thread: ThreadContext;
}

/**
 * Loads the handler and runs its `setup`. The server's options win over what the module exports.
 * @throws what the module or its `setup` throws; TypeError for a wrong export; OptionError for a wrong framing or format.
 */
export async function prepare(start: ThreadStart): Promise<Prepared> {
  const module = handlerOf(await import(start.handler));
  const own: HandlerProtocol = typeof module.default === 'function' ? {} : module.default;
  const framing = createCheckedFraming(
    start.framing ?? own.framing ?? module.framing ?? DEFAULT_FRAMING,
    start.limits.size,
  );
  const format: Format = createFormat<FormatName | FormatDescriptor>(
    start.format ?? own.format ?? module.format ?? DEFAULT_FORMAT,
  );
  const thread = createThreadContext(start, framing, format);
  const onDrain = start.onDrain ?? own.onDrain ?? module.onDrain ?? 'end';
  if (!['end', 'wait'].includes(onDrain)) {
    throw new TypeError(`its onDrain must be 'end' or 'wait', got ${showValue(onDrain)}`);
  }
  await module.setup?.(thread);
  return { module, framing, format, onDrain, thread };
}
