export {
  ADDR,
  DISCONNECT_MSG,
  FORMAT,
  IP,
  PORT,
  SIZE,
  handleClient,
  handle_client,
  main,
  type MainOptions,
} from './echo/main.ts';
export { connect, type ClientConnection, type ConnectOptions } from './client/connect.ts';
export { listen } from './listen.ts';
export type { MultiThreadServer } from './main/server.ts';
export type {
  Disconnect,
  Drop,
  HandlerFailure,
  ServerEvents,
  ServerStats,
  ThreadExit,
  ThreadInfo,
  ThreadStall,
} from './main/events.ts';
export type { BlackBox } from './main/pool/black-box.ts';
export type { BalancedThread, Balancer, BalancerName } from './options/balance-option.ts';
export type { ConnectionInfo } from './main/ledger.ts';
export type { HandlerModule } from './thread/prepare.ts';
export type { ThreadEnd, ThreadState } from './main/pool/thread-handle.ts';
export { CLOSE_REASONS, DROP_REASONS, type CloseReason, type DropReason } from './base/close-reason.ts';
export type { CounterSnapshot } from './base/counters.ts';
export {
  ConnectionError,
  HandlerLoadError,
  MessageError,
  OptionError,
  ThreadError,
  type MessageErrorCode,
} from './base/errors.ts';
export {
  defineHandler,
  type Connection,
  type ConnectionOf,
  type Frame,
  type Handler,
  type HandlerCallbacks,
  type HandlerFunction,
  type HandlerProtocol,
  type ThreadContext,
} from './connection/handler.ts';
export type { ListenOptions } from './options/listen-options.ts';
export type { Endpoint } from './protocol/messages.ts';
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
} from './format/resolve.ts';
