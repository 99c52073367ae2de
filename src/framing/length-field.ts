import { MessageError } from '../base/errors.ts';
import { measure, toBuffer } from './encoded.ts';
import type { Decoder, Framing, WritePart } from './framing.ts';
import { type FrameLayout, LengthFieldDecoder } from './length-field-decoder.ts';
import { createIntegerField, createVarintField } from './length-header.ts';

export const DEFAULT_LENGTH_BYTES = 4;
export const DEFAULT_MAX_LENGTH = 2 ** 20;

/** Options of {@link lengthField}. */
export interface LengthFieldOptions {
  /** Bytes of the length field, an unsigned integer; or `'varint'`, that of Protocol Buffers. Default 4. */
  readonly lengthBytes?: 1 | 2 | 3 | 4 | 8 | 'varint';
  /** Of the length field; without meaning for a varint. Default `'big'`. */
  readonly byteOrder?: 'big' | 'little';
  /** Bytes in front of the length field. Default 0. */
  readonly offset?: number;
  /** What to add to the length field's number to get the number of bytes behind the field. Default 0. */
  readonly adjustment?: number;
  /**
   * Bytes to take off the frame's beginning to get the message; with a varint only 0 can be given. Default: all of the
   * length field when `offset` is 0, else 0, as the bytes in front of the length field would be lost. (Netty: always 0.)
   */
  readonly strip?: number;
  /** Longest frame in bytes, header included. Default 1 MiB. */
  readonly maxLength?: number;
}

/** `length-field` framing as plain data, see {@link lengthField}. */
export interface LengthFieldDescriptor extends LengthFieldOptions {
  readonly type: 'length-field';
}

/**
 * A frame's length stands in its header, with the semantics of Netty's LengthFieldBasedFrameDecoder: a frame has
 * number + adjustment + offset + size of the length field bytes. A frame longer than `maxLength` ends the connection
 * (`message-too-large`) before its body arrives; one that ends before its header does, is shorter than `strip`, or has
 * a varint of more than 10 bytes or 64 bits ends it as `invalid-message`.
 *
 * Messages are sent so that the same framing receives them unchanged. Where just the length field is stripped, it is
 * put in front, as by Netty's LengthFieldPrepender. With `strip` 0 the message is the whole frame: it brings its
 * `offset` bytes and room for the length field (for a varint: any varint), which is written anew. With any other
 * `strip`, bytes are lost that nobody can know: receiving works, `send` rejects (`invalid-message`).
 */
export function lengthField(options: LengthFieldOptions = {}): LengthFieldDescriptor {
  return { type: 'length-field', ...options };
}

/** The working side of {@link lengthField}. */
export function createLengthField(descriptor: LengthFieldDescriptor): Framing {
  const { lengthBytes = DEFAULT_LENGTH_BYTES, byteOrder = 'big', offset = 0, adjustment = 0 } = descriptor;
  const field = lengthBytes === 'varint' ? createVarintField() : createIntegerField(lengthBytes, byteOrder);
  const strip = descriptor.strip ?? (offset === 0 ? 'header' : 0);
  return new LengthPrefixed({
    field,
    offset,
    adjustment,
    strip: offset === 0 && strip === lengthBytes ? 'header' : strip,
    maxLength: descriptor.maxLength ?? DEFAULT_MAX_LENGTH,
  });
}

class LengthPrefixed implements Framing {
  readonly name = 'length-field';
  readonly #layout: FrameLayout;

  constructor(layout: FrameLayout) {
    this.#layout = layout;
  }

  createDecoder(): Decoder {
    return new LengthFieldDecoder(this.#layout);
  }

  encode(message: string | Uint8Array, encoding: BufferEncoding, write: WritePart): void {
    const { strip } = this.#layout;
    if (strip === 'header') {
      const { content, length } = measure(message, encoding);
      const header = this.#header(length);
      write(header);
      if (length > 0) write(content);
      return;
    }
    if (strip !== 0) {
      throw new MessageError(
        'invalid-message',
        `length-field: with strip ${strip} messages can't be sent, as the bytes in front of them aren't known; use strip 0`,
      );
    }
    this.#encodeWhole(toBuffer(message, encoding), write);
  }

  #encodeWhole(frame: Buffer, write: WritePart): void {
    const { offset, field } = this.#layout;
    const size = field.sizeAt(frame, offset, frame.length);
    if (size === 0) {
      throw new MessageError(
        'invalid-message',
        `length-field: with strip 0 a message must have room for its header of at least ${offset + field.shortest} bytes, got ${frame.length} bytes`,
      );
    }
    const header = this.#header(frame.length - offset - size);
    if (offset > 0) write(frame.subarray(0, offset));
    write(header);
    if (frame.length > offset + size) write(frame.subarray(offset + size));
  }

  /** The length field for a frame that has `bodyLength` bytes behind it. */
  #header(bodyLength: number): Buffer {
    const { offset, adjustment, field, maxLength } = this.#layout;
    const value = bodyLength - adjustment;
    if (value < 0) {
      throw new MessageError(
        'invalid-message',
        `length-field: with adjustment ${adjustment} there must be at least ${adjustment} bytes behind the length field, got ${bodyLength}`,
      );
    }
    if (value > field.largest) {
      throw new MessageError(
        'message-too-large',
        `length-field: the length field holds at most ${field.largest}, got ${value}`,
      );
    }
    const header = field.write(value);
    const length = offset + header.length + bodyLength;
    if (length > maxLength) {
      throw new MessageError(
        'message-too-large',
        `length-field: the frame has ${length} bytes, more than maxLength (${maxLength})`,
      );
    }
    return header;
  }
}
