/**
 * What a request is for, in the upper half of the number that comes back with its completions; the lower half says whose it is. Never a
 * descriptor: its number may belong to somebody else by then.
 */
export const ACCEPT = 1;
export const CLOSE = 2;
export const MOVE = 3;
export const ARRIVALS = 4;
export const RECEIVE = 5;
export const SEND = 6;
export const CANCEL = 7;
export const CONNECT = 8;
export const CANCEL_CONNECT = 9;

/** As one number, exact as long as what it is for is small. */
export function userData(what: number, whose: number): number {
  return what * 0x1_0000_0000 + whose;
}
