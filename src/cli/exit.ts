import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { HandlerLoadError, OptionError } from '../base/errors.ts';
import { describeThrown } from '../base/thrown.ts';
import { flagOf } from './flags.ts';

/** Occurs when something is wrong in what was written for the command, flags aside. */
export class UsageError extends Error {}

const USAGE = 2;
const FAILURE = 1;

/** Ends the process: silently when all was well (`--help`), else with one clear line on stderr, no stack. */
export function exitWith(error: unknown): never {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
  printError(describe(error));
  const isUsage =
    error instanceof OptionError || error instanceof UsageError || error instanceof CommanderError;
  process.exit(isUsage ? USAGE : FAILURE);
}

/** Prints `error: …` on stderr in one line, whatever the text. */
export function printError(text: string): void {
  console.error(`error: ${text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ')}`);
}

/** What an operating system's error means here. */
const SYSTEM_ERRORS: Readonly<Record<string, (error: SystemError) => string>> = {
  EADDRINUSE: ({ address, port }) => `port ${port} on ${address} is in use already`,
  EACCES: ({ address, port }) => `port ${port} on ${address} may not be used by this user`,
  EADDRNOTAVAIL: ({ address }) => `this machine doesn't have the address ${address}`,
  ENOTFOUND: ({ hostname }) => `host ${hostname} isn't known`,
  EAI_AGAIN: ({ hostname }) => `host ${hostname} can't be looked up now`,
};

interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return describeThrown(error);
  if (error instanceof CommanderError) {
    return `${error.message.replace(/^error: /, '')} (--help shows all options)`;
  }
  if (error instanceof OptionError) {
    return error.message.replace(`"${error.option}"`, () => flagName(error.option));
  }
  if (error instanceof HandlerLoadError) return describeLoadError(error);
  // A host with several addresses gives an error for each, and no message for all of them.
  if (error instanceof AggregateError) return error.errors.map(describe).join(', ');
  const { code, syscall } = error as SystemError;
  const meaning = syscall === 'listen' || syscall === 'getaddrinfo' ? SYSTEM_ERRORS[code ?? ''] : undefined;
  return meaning?.(error) ?? describeThrown(error);
}

/** With the place in the handler's own file where there is one: the stack, which has it too, isn't printed. */
function describeLoadError({ handler, message, cause }: HandlerLoadError): string {
  const path = handler.startsWith('file:') ? fileURLToPath(handler) : handler;
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  const position = stack.split(path)[1]?.match(/^:\d+(:\d+)?/)?.[0];
  return message.replace(handler, () => path) + (position === undefined ? '' : ` (${path}${position})`);
}

/** `framing.maxLength` → `--framing (maxLength)` */
function flagName(option: string): string {
  const [name = '', ...path] = option.split('.');
  return path.length === 0 ? flagOf(name) : `${flagOf(name)} (${path.join('.')})`;
}
