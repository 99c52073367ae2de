import { CheckedFraming } from './checked-framing.ts';
import { createDelimiter } from './delimiter.ts';
import { checkFraming, type FramingDescriptor } from './descriptor.ts';
import { createFixedLength } from './fixed-length.ts';
import type { Framing } from './framing.ts';
import { createLengthField } from './length-field.ts';
import { createLines } from './lines.ts';
import { createRaw } from './raw.ts';
import { showValue } from '../base/show-value.ts';

export type { FramingDescriptor } from './descriptor.ts';
export { parseFramingText } from './framing-text.ts';

/**
 * The working side of a framing: of a descriptor, or of a user's own framing, which is passed through.
 * @param size the server's `size` option: bytes of a `raw` or `fixed-length` message where the descriptor has none.
 * @throws OptionError for a descriptor, naming the option, its value and the rule. TypeError for a framing of the
 * user's that lacks a part.
 */
export function createFraming(framing: FramingDescriptor | Framing, size: number): Framing {
  if (isFraming(framing)) return checkOwnFraming(framing);
  const descriptor = checkFraming(framing);
  switch (descriptor.type) {
    case 'raw':
      return createRaw(descriptor.size ?? size);
    case 'lines':
      return createLines(descriptor);
    case 'delimiter':
      return createDelimiter(descriptor);
    case 'fixed-length':
      return createFixedLength(descriptor, size);
    default:
      return createLengthField(descriptor);
  }
}

/** The same, where connections are to rely on it: what a framing of the user's returns is checked. */
export function createCheckedFraming(framing: FramingDescriptor | Framing, size: number): Framing {
  const created = createFraming(framing, size);
  return created === framing ? new CheckedFraming(created) : created;
}

/** Anything that has a part of a framing is meant to be one. */
function isFraming(framing: FramingDescriptor | Framing): framing is Framing {
  return (
    typeof framing === 'object' && framing !== null && ('createDecoder' in framing || 'encode' in framing)
  );
}

function checkOwnFraming(framing: Framing): Framing {
  const { name, isStream, createDecoder, encode } = framing as Partial<Framing>;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`framing.name must be a text that isn't empty, got ${showValue(name)}`);
  }
  for (const [key, value] of Object.entries({ createDecoder, encode })) {
    if (typeof value !== 'function') {
      throw new TypeError(
        `framing.${key} of the framing "${name}" must be a function, got ${showValue(value)}`,
      );
    }
  }
  if (isStream !== undefined && typeof isStream !== 'boolean') {
    throw new TypeError(
      `framing.isStream of the framing "${name}" must be true or false, got ${showValue(isStream)}`,
    );
  }
  return framing;
}
