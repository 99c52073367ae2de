import { mean, spread, type Spread } from './statistics.ts';

/** What one run measured, by name. */
export type Figures = Readonly<Record<string, number>>;

/** What all runs of one row gave. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly runs: number;
  readonly figures: Readonly<Record<string, Spread>>;
  /** To the reference's runs just before and after; absent without a reference. */
  readonly ratios: Readonly<Record<string, Spread>>;
  readonly failures: readonly string[];
}

interface Row {
  readonly name: string;
  readonly title: string;
}

interface Rounds<R extends Row> {
  readonly rows: readonly R[];
  readonly reference?: R | undefined;
  readonly rounds: number;
  readonly run: (row: R) => Promise<Figures>;
  readonly progress?: (
    round: number,
    row: R,
    figures: Figures | undefined,
    failure: string | undefined,
  ) => void;
}

const MOST_FAILURES = 2;

/**
 * Runs A B C A B C, and the reference before and after each: F A F B F C F A …, so that what the machine does
 * meanwhile falls on all alike. A row that has failed twice isn't tried again.
 */
export async function runRounds<R extends Row>({
  rows,
  reference,
  rounds,
  run,
  progress,
}: Rounds<R>): Promise<Outcome[]> {
  const records = new Map<R, History>();
  const record = (row: R) => records.getOrInsertComputed(row, emptyHistory);
  const measure = async (row: R, round: number): Promise<Figures | undefined> => {
    const { runs, failures } = record(row);
    try {
      const figures = await run(row);
      runs.push(figures);
      progress?.(round, row, figures, undefined);
      return figures;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      failures.push(failure);
      progress?.(round, row, undefined, failure);
      return undefined;
    }
  };
  let before = reference && (await measure(reference, 1));
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      if (row === reference || record(row).failures.length >= MOST_FAILURES) continue;
      const figures = await measure(row, round);
      if (!reference) continue;
      const after = await measure(reference, round);
      if (before && figures && after) record(row).ratios.push(ratios(figures, before, after));
      before = after;
    }
  }
  return [...records].map(([row, { runs, ratios: all, failures }]) => ({
    name: row.name,
    title: row.title,
    runs: runs.length,
    figures: spreads(runs),
    ratios: spreads(all),
    failures,
  }));
}

interface History {
  readonly runs: Figures[];
  readonly ratios: Figures[];
  readonly failures: string[];
}

const emptyHistory = (): History => ({ runs: [], ratios: [], failures: [] });

function ratios(figures: Figures, before: Figures, after: Figures): Figures {
  const pairs = Object.entries(figures).flatMap(([name, figure]) => {
    const reference = mean([before[name] ?? NaN, after[name] ?? NaN]);
    return reference > 0 ? [[name, figure / reference] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function spreads(runs: readonly Figures[]): Record<string, Spread> {
  const names = new Set(runs.flatMap((figures) => Object.keys(figures)));
  return Object.fromEntries(
    [...names].map((name) => [name, spread(runs.flatMap((figures) => figures[name] ?? []))]),
  );
}
