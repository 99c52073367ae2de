import { CLOSE_REASONS, type CloseReason } from './close-reason.ts';
import { isInstance } from './thrown.ts';

export const MESSAGE_ERROR_CODES = ['invalid-message', 'message-too-large', 'incomplete-message'] as const;

/**
 * By this an error is known for what it is in every copy of this file: of the bundles that bundlers make, each may have its
 * own, and what one throws another catches.
 */
const KIND = Symbol.for('multithread-server.error');

/** Why a message couldn't be taken or sent. */
export type MessageErrorCode = (typeof MESSAGE_ERROR_CODES)[number];

/**
 * Occurs when bytes don't form a message under the connection's framing and format, or when a message can't be
 * written in them. From the peer's bytes it ends the connection with the error's code as close reason; from
 * `send` it rejects that call and the connection goes on.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  /** What is wrong with it, as a close reason. */
  readonly code: MessageErrorCode;
  /** The connection it happened on, where there is one. */
  connectionId?: number;

  constructor(code: MessageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get [KIND](): string {
    return 'MessageError';
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === MessageError ? isKind(value, 'MessageError') : super[Symbol.hasInstance](value);
  }
}

/** Whether a value is a {@link MessageError}, whatever traps it has. */
export function isMessageError(value: unknown): value is MessageError {
  return isInstance(value, MessageError);
}

/** Occurs when an option has a value its rule forbids, or isn't known. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'ERR_INVALID_OPTION';
  /** The name of the option, `framing.maxLength` for one within another. */
  readonly option: string;

  constructor(option: string, rule: string) {
    super(`option "${option}" ${rule}`);
    this.option = option;
  }
}

/**
 * Occurs when a connection is used after it has ended; `reason` tells what ended it, and `cause` has the error, where there
 * is one. It is no fault of whoever it reaches: see `Connection`.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code = 'ERR_CONNECTION_ENDED';
  /** What ended it. */
  readonly reason: CloseReason;
  /** The connection that has ended. */
  connectionId?: number;

  constructor(reason: CloseReason, options?: ErrorOptions) {
    super(`the connection has ended: ${reason} (${CLOSE_REASONS[reason]})`, options);
    this.reason = reason;
  }

  get [KIND](): string {
    return 'ConnectionError';
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === ConnectionError ? isKind(value, 'ConnectionError') : super[Symbol.hasInstance](value);
  }
}

/** Occurs when a handler module can't be loaded, or has no handler as its default export; `cause` has the error. */
export class HandlerLoadError extends Error {
  override readonly name = 'HandlerLoadError';
  readonly code = 'ERR_HANDLER_LOAD';
  /** The module's URL. */
  readonly handler: string;

  constructor(handler: string, why: string, options?: ErrorOptions) {
    super(`handler ${handler} can't be loaded: ${why}`, options);
    this.handler = handler;
  }
}

/**
 * Occurs when threads keep crashing and the server stops replacing them, when a thread ends while it starts, when
 * a reload meets `close()`, or when this Node can't run the server.
 */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';
  /** Which of these it is. */
  readonly code: 'ERR_CRASH_LOOP' | 'ERR_NODE_VERSION' | 'ERR_SERVER_CLOSED' | 'ERR_THREAD_START';

  constructor(code: ThreadError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Occurs when the transport that was asked for can't be used; the message says why. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code = 'ERR_TRANSPORT';
}

function isKind(value: unknown, kind: string): boolean {
  return value instanceof Error && (value as { [KIND]?: unknown })[KIND] === kind;
}
