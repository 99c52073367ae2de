/// <reference types="node" preserve="true" />
/** What a handler imports: it loads nothing of the main side, as each thread loads it. */
export {
  defineHandler,
  type Connection,
  type ConnectionOf,
  type Frame,
  type Handler,
  type HandlerCallbacks,
  type HandlerFunction,
  type HandlerModule,
  type HandlerProtocol,
  type OnDrain,
  type ThreadContext,
} from './connection/handler.ts';
export { CLOSE_REASONS, type CloseReason } from './base/close-reason.ts';
export type { Endpoint } from './base/endpoint.ts';
export { ConnectionError, MessageError, OptionError, type MessageErrorCode } from './base/errors.ts';
export type { Decoder, Emit, Framing, WritePart } from './framing/framing.ts';
export { raw, type RawDescriptor } from './framing/raw.ts';
export { lines, type LinesDescriptor } from './framing/lines.ts';
export { delimiter, type DelimiterDescriptor } from './framing/delimiter.ts';
export { fixedLength, type FixedLengthDescriptor } from './framing/fixed-length.ts';
export { lengthField, type LengthFieldDescriptor } from './framing/length-field.ts';
export type { FramingDescriptor } from './framing/resolve.ts';
export {
  binary,
  json,
  text,
  type FormatDescriptor,
  type FormatName,
  type MessageOf,
} from './format/descriptor.ts';
