// How options are written on a command line. What doesn't have the form stays text: the option's own rule refuses it.

/** How one option is written. */
export interface FlagForm {
  /** Stands for the value in `--help`. */
  readonly placeholder: string;
  /** What may be written, where the option's meaning doesn't tell. */
  readonly forms?: string;
  /** The value that a text stands for. */
  parse(text: string): unknown;
}

const PLACEHOLDERS: Readonly<Record<string, string>> = { milliseconds: 'ms', bytes: 'bytes', MiB: 'MiB' };

export function numberForm(unit = '', isInfiniteAllowed = false): FlagForm {
  return {
    placeholder: PLACEHOLDERS[unit] ?? 'number',
    parse: (text) => (isInfiniteAllowed && text === 'Infinity' ? Infinity : toNumber(text)),
  };
}

export const textForm: FlagForm = { placeholder: 'text', parse: (text) => text };

export const booleanForm: FlagForm = {
  placeholder: 'true|false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
};

/** `10.0.0.0/8,192.0.2.1` */
export const listForm: FlagForm = {
  placeholder: 'networks',
  forms: 'separated by commas',
  parse: (text) => text.split(',').map((entry) => entry.trim()),
};

/** `100` or `100/20` */
export const rateForm: FlagForm = {
  placeholder: 'rate',
  forms: 'PER_SECOND or PER_SECOND/BURST',
  parse(text) {
    const [perSecond = '', burst] = text.split('/');
    return { perSecond: toNumber(perSecond), ...(burst !== undefined && { burst: toNumber(burst) }) };
  },
};

/** `4`, `1-8` or `per-connection` */
export const threadsForm: FlagForm = {
  placeholder: 'number',
  forms: 'NUMBER, MIN-MAX or per-connection',
  parse(text) {
    const [, min, max] = /^(\d+)-(\d+)$/.exec(text) ?? [];
    return min === undefined ? toNumber(text) : { min: Number(min), max: Number(max) };
  },
};

function toNumber(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
