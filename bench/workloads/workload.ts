import type { Variant } from '../run/peers.ts';
import type { Figures } from '../run/rounds.ts';

/** How much to measure. */
export interface Settings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
}

/** A column of a workload's table: a figure, or its ratio to the reference. */
export interface Column {
  readonly figure: string;
  readonly title: string;
  readonly ratio?: true;
  readonly digits?: number;
  /** The more the better; else the less. */
  readonly more?: true;
}

/** Something to measure, with its rows and how it is shown. */
export interface Workload {
  readonly name: string;
  /** Names a set of workloads on the command line. */
  readonly group: string;
  readonly title: string;
  readonly variants: readonly Variant[];
  /** The row that the others are compared with, and that runs next to each of them. */
  readonly reference?: Variant;
  readonly columns: readonly Column[];
  /** What the chart shows, and the table is sorted by. */
  readonly key: Column;
  run(variant: Variant, settings: Settings): Promise<Figures>;
}
