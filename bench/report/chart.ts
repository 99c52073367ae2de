import { median, type Spread } from '../run/statistics.ts';
import { byKey, format, spreadOf } from './table.ts';
import type { ReportEntry } from './result.ts';

interface Bar {
  readonly title: string;
  readonly own: boolean;
  readonly spread: Spread;
  readonly text: string;
}

const WIDTH = 760;
const LABELS = 250;
const VALUES = 70;
const BAR = 16;
const STEP = 24;
const HEADER = 40;
const GAP = 16;
// A bar many times as long as most would leave nothing of the others: it is cut.
const MOST_MEDIANS = 4;
const FEW_BARS = 4;

// Colours for both backgrounds; pictures in a README follow the reader's scheme.
const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 14px; }
  .axis { fill: #59636e; font-size: 12px; }
  .peer { fill: #8c959f; }
  .own { fill: #0969da; }
  .spread { stroke: #1f2328; stroke-width: 1.5; opacity: 0.55; }
  .cut { stroke: #ffffff; stroke-width: 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .axis { fill: #9198a1; }
    .peer { fill: #656c76; }
    .own { fill: #4493f8; }
    .spread { stroke: #f0f6fc; }
    .cut { stroke: #0d1117; }
  }`;

/** Horizontal bars, a panel for each workload: medians, with a line from the smallest to the largest run. */
export function chart(title: string, entries: readonly ReportEntry[]): string {
  let y = GAP;
  const panels: string[] = [];
  for (const entry of entries) {
    const bars = barsOf(entry);
    panels.push(panel(entry, bars, y));
    y += HEADER + bars.length * STEP + GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function barsOf({ workload, result }: ReportEntry): Bar[] {
  const { key } = workload;
  return byKey(result, key).flatMap((outcome) => {
    const spread = spreadOf(result, outcome, key);
    if (!spread) return [];
    const own = outcome.name.startsWith('multithread-server');
    const text = `${key.ratio ? '×' : ''}${format(spread.median, key.digits)}`;
    return [{ title: outcome.title.replaceAll('`', ''), own, spread, text }];
  });
}

function panel({ workload, result }: ReportEntry, bars: readonly Bar[], top: number): string {
  const room = WIDTH - LABELS - VALUES;
  const most = longest(bars.map(({ spread }) => spread.median));
  const scale = (value: number) => Math.min(room, (value / most) * room);
  const rows = bars.map(({ title, own, spread, text }, index) => {
    const y = top + HEADER + index * STEP;
    const middle = y + BAR / 2;
    const end = LABELS + Math.max(scale(spread.median), scale(spread.max));
    return [
      `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(title)}</text>`,
      `<rect class="${own ? 'own' : 'peer'}" x="${LABELS}" y="${y}" width="${round(scale(spread.median))}" height="${BAR}" rx="2"/>`,
      `<path class="spread" d="M${round(LABELS + scale(spread.min))} ${middle}H${round(LABELS + scale(spread.max))}"/>`,
      spread.median > most
        ? `<path class="cut" d="M${WIDTH - VALUES - 24} ${y + BAR + 1}l8 ${-BAR - 2}"/>`
        : '',
      `<text x="${round(end) + 6}" y="${middle + 4}">${text}</text>`,
    ].join('');
  });
  return [
    `<text class="title" x="${GAP}" y="${top + 14}">${escape(result.title)}</text>`,
    `<text class="axis" x="${GAP}" y="${top + 31}">${escape(workload.key.title)}</text>`,
    ...rows,
  ].join('\n');
}

function longest(values: readonly number[]): number {
  const most = Math.max(...values);
  return values.length > FEW_BARS ? Math.min(most, MOST_MEDIANS * median(values)) : most;
}

const round = (value: number) => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('`', '');
}
