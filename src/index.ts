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
} from './echo.ts';
export { connect, type ClientConnection, type ConnectOptions } from './client/connect.ts';
export { listen, MultiThreadServer } from './main/server.ts';
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
export type { BlackBox } from './main/black-box.ts';
export type { BalancedThread, Balancer, BalancerName } from './shared/balancer.ts';
export type { ConnectionInfo } from './main/ledger.ts';
export type { HandlerModule } from './thread/prepare.ts';
export type { ThreadEnd, ThreadState } from './main/thread-handle.ts';
export { CLOSE_REASONS, DROP_REASONS, type CloseReason, type DropReason } from './shared/close-reason.ts';
export type { CounterSnapshot } from './shared/counters.ts';
export {
  ConnectionError,
  HandlerLoadError,
  MessageError,
  OptionError,
  ThreadError,
  type MessageErrorCode,
} from './shared/errors.ts';
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
} from './shared/handler.ts';
export type { ListenOptions } from './shared/options.ts';
export type { Endpoint } from './shared/protocol.ts';
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
} from './format/format.ts';
