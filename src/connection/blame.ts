/**
 * Whom an error is to be laid to. That a connection has ended is nobody's fault, through whatever promise the error comes; that
 * a message couldn't be sent costs the connection it was for. Connections note such errors when they make them.
 */
import { isInstance, listed, read } from '../base/thrown.ts';

/** Whose end it is: that of a client this thread serves, or of a server this thread has called. */
export type Side = 'served' | 'called';

/** Who answers for a message that couldn't be sent. */
export interface Sender {
  handlerFailed(error: unknown): void;
}

const ends = new WeakMap<object, Side>();
const refusals = new WeakMap<object, Sender>();

/** How deep errors hold each other, and how many one of them holds. */
const MOST_NESTED = 4;
const MOST_HELD = 64 * 1024;

/** This error says no more than that a connection has ended, or that its time is limited. */
export function noteEnd(error: object, side: Side): void {
  ends.set(error, side);
}

/** This error of `send` is the handler's. */
export function noteRefusal(error: object, sender: Sender): void {
  refusals.set(error, sender);
}

/**
 * Whether a thrown value is the end of a connection or holds nothing but such ends, as the AggregateError of `Promise.any`
 * does, and an AbortError that Node makes of a signal's reason.
 * @param side only of connections of this side; by default of any.
 */
export function isEnd(thrown: unknown, side?: Side): boolean {
  return holdsOnly(thrown, MOST_NESTED, (error) => isNotedEnd(error, side));
}

/**
 * Takes an error that nobody has handled, if it is a connection's own affair.
 * @returns whether it is: then it costs the thread nothing.
 */
export function takeUnhandled(thrown: unknown): boolean {
  const senders = new Map<object, Sender>();
  const isTaken = holdsOnly(thrown, MOST_NESTED, (error) => {
    const sender = refusals.get(error);
    if (sender) senders.set(error, sender);
    return sender !== undefined || isNotedEnd(error);
  });
  if (isTaken) for (const [error, sender] of senders) sender.handlerFailed(error);
  return isTaken;
}

function isNotedEnd(error: object, side?: Side): boolean {
  const noted = ends.get(error);
  return noted !== undefined && (side === undefined || noted === side);
}

function holdsOnly(thrown: unknown, nested: number, isWanted: (error: object) => boolean): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  if (isWanted(thrown)) return true;
  const held = nested > 0 ? heldBy(thrown) : [];
  return held.length > 0 && held.every((error) => holdsOnly(error, nested - 1, isWanted));
}

/** The errors that an error is made of. An error's `cause` isn't among them: who gives one has more to say. */
function heldBy(thrown: object): readonly unknown[] {
  if (isInstance(thrown, AggregateError)) {
    const { first, length } = listed(read(thrown, 'errors'), MOST_HELD) ?? { first: [], length: 0 };
    return length === first.length ? first : [];
  }
  if (isInstance(thrown, SuppressedError)) return [read(thrown, 'error'), read(thrown, 'suppressed')];
  return read(thrown, 'name') === 'AbortError' ? [read(thrown, 'cause')] : [];
}
