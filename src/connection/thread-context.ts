/** What handlers see of their thread. */
import type { Format } from '../format/format.ts';
import type { Framing } from '../framing/framing.ts';
import type { Frame, ThreadContext } from './handler.ts';

export function createThreadContext(
  { id, data }: Pick<ThreadContext, 'id' | 'data'>,
  framing: Framing,
  format: Format,
): ThreadContext {
  return {
    id,
    data,
    framing: framing.name,
    format: format.name,
    frame: (message) => frame(message, framing),
  };
}

/** Encodes a message, then decodes it: only so is it known what of the frame is the message. */
function frame(message: Uint8Array, framing: Framing): Frame {
  const parts: Uint8Array[] = [];
  framing.encode(message, 'utf-8', (part) => parts.push(typeof part === 'string' ? Buffer.from(part) : part));
  const bytes = Buffer.concat(parts);
  let decoded: Buffer = bytes;
  framing.createDecoder().decode(bytes, 0, bytes.length, (from, start, end) => {
    decoded = from.subarray(start, end);
    return false;
  });
  return { bytes, message: decoded };
}
