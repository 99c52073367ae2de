import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRounds } from '../../bench/run/rounds.ts';
import { median, spread } from '../../bench/run/statistics.ts';

const row = (name: string) => ({ name, title: name });

test('the reference runs before and after each other row', async () => {
  const order: string[] = [];
  const floor = row('floor');
  await runRounds({
    rows: [floor, row('a'), row('b')],
    reference: floor,
    rounds: 2,
    run({ name }) {
      order.push(name);
      return Promise.resolve({});
    },
  });
  assert.deepEqual(order, ['floor', 'a', 'floor', 'b', 'floor', 'a', 'floor', 'b', 'floor']);
});

test('a ratio is to the mean of the two neighbouring reference runs', async () => {
  const figures = [10, 30, 20, 30, 10];
  const floor = row('floor');
  const outcomes = await runRounds({
    rows: [floor, row('a')],
    reference: floor,
    rounds: 2,
    run: () => Promise.resolve({ cpu: figures.shift()! }),
  });
  const a = outcomes.find(({ name }) => name === 'a')!;
  assert.deepEqual(a.ratios.cpu, { median: 2, min: 2, max: 2 });
  assert.deepEqual(a.figures.cpu, { median: 30, min: 30, max: 30 });
});

test('without a reference rows take turns, and have no ratios', async () => {
  const order: string[] = [];
  const outcomes = await runRounds({
    rows: [row('a'), row('b')],
    rounds: 2,
    run({ name }) {
      order.push(name);
      return Promise.resolve({ ms: order.length });
    },
  });
  assert.deepEqual(order, ['a', 'b', 'a', 'b']);
  assert.deepEqual(outcomes[0]!.ratios, {});
  assert.deepEqual(outcomes[0]!.figures.ms, { median: 2, min: 1, max: 3 });
});

test('a row that failed twice is not tried again, and the others go on', async () => {
  const outcomes = await runRounds({
    rows: [row('broken'), row('sound')],
    rounds: 5,
    run: ({ name }) => (name === 'broken' ? Promise.reject(new Error('no')) : Promise.resolve({ ms: 1 })),
  });
  const [broken, sound] = outcomes;
  assert.deepEqual([broken!.runs, broken!.failures], [0, ['no', 'no']]);
  assert.deepEqual([sound!.runs, sound!.failures], [5, []]);
});

test('a failed reference leaves out only the ratios next to it', async () => {
  let runs = 0;
  const floor = row('floor');
  const outcomes = await runRounds({
    rows: [row('a')],
    reference: floor,
    rounds: 3,
    run({ name }) {
      if (name === 'floor' && ++runs === 2) return Promise.reject(new Error('no'));
      return Promise.resolve({ cpu: 1 });
    },
  });
  const a = outcomes.find(({ name }) => name === 'a')!;
  assert.equal(a.runs, 3);
  assert.deepEqual(a.ratios.cpu, { median: 1, min: 1, max: 1 });
});

test('the median of an even count lies between the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 });
});
