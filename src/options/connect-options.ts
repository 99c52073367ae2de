// The options of `connect()`, each in one entry.
import * as v from 'valibot';
import { check, milliseconds, nonEmptyText, whole } from '../base/rules.ts';
import type { FormatDescriptor, FormatName } from '../format/descriptor.ts';
import { addressEntries } from './address-options.ts';
import { clientCodecEntries } from './codec-options.ts';
import { limitEntries, limitsOf, type ConnectionLimits } from './connection-options.ts';
import { option, required, type Entries } from './option.ts';
import type { ConnectOptions } from './public.ts';
import { clientTransportEntries } from './transport-options.ts';

type AnyConnectOptions = ConnectOptions<FormatName | FormatDescriptor>;

export const connectEntries = {
  host: option(nonEmptyText(), { text: 'Name or address of the server.', default: 'localhost' }),
  port: required(whole(1, 65_535), { text: 'TCP port of the server.' }),
  connectTimeout: option(milliseconds(1), {
    text: 'Time that the connection may take to be there.',
    default: 10_000,
  }),
  noDelay: addressEntries.noDelay,
  ...clientTransportEntries,
  ...clientCodecEntries,
  ...limitEntries,
} satisfies Entries<AnyConnectOptions>;

const schema = v.strictObject(connectEntries, 'must be an object');

/**
 * Checks options and fills in defaults.
 * @throws OptionError naming the option, its value and the rule.
 */
export function parseConnectOptions(
  options: AnyConnectOptions,
): v.InferOutput<typeof schema> & { limits: ConnectionLimits } {
  const checked = check(schema, options);
  return { ...checked, limits: limitsOf(checked) };
}
