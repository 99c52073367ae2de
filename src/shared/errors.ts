/** Why a message couldn't be taken or sent. */
export type MessageErrorCode = 'invalid-message' | 'message-too-large';

/**
 * Occurs when bytes don't form a message under the connection's framing and format, or when a message can't be
 * written in them. From the peer's bytes it ends the connection with the error's code as close reason; from
 * `send` it rejects that call and the connection goes on.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly code: MessageErrorCode;
  /** The connection it happened on, where there is one. */
  connectionId?: number;

  constructor(code: MessageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Occurs when an option has a value its rule forbids, or isn't known. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'ERR_INVALID_OPTION';
  readonly option: string;

  constructor(option: string, rule: string) {
    super(`option "${option}" ${rule}`);
    this.option = option;
  }
}
