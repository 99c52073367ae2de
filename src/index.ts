/// <reference types="node" preserve="true" />
export * from './handler.ts';
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
export { connect, type ClientConnection } from './client/connect.ts';
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
export type { ConnectionInfo, ServedConnection } from './main/ledger.ts';
export type { ThreadEnd } from './main/pool/thread-end.ts';
export type { ThreadState } from './main/pool/thread-handle.ts';
export { DROP_REASONS, type ConnectionEnd, type DropReason } from './base/close-reason.ts';
export type { CounterSnapshot } from './base/counters.ts';
export { HandlerLoadError, ThreadError, TransportError } from './base/errors.ts';
export type {
  AcceptRate,
  CloseSignal,
  ConnectionOptions,
  ConnectOptions,
  ElasticThreads,
  ListenOptions,
} from './options/public.ts';
export type { CloseOptions } from './options/close-options.ts';
export type { TransportChoice } from './transport/choose.ts';
export type { BoundAddress, DriverName, TransportInfo } from './transport/transport.ts';
