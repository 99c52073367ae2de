import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { IdTable } from '../../src/base/id-table.ts';

test('an id table holds what a map would hold, in the order of the ids', () => {
  const step = fc.record({ isRemoval: fc.boolean(), id: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new IdTable<string>();
      const map = new Map<number, string>();
      for (const [index, { isRemoval, id }] of steps.entries()) {
        if (isRemoval) {
          assert.equal(table.remove(id), map.get(id));
          map.delete(id);
        } else if (!map.has(id)) {
          table.add(id, `value ${index}`);
          map.set(id, `value ${index}`);
        }
        assert.equal(table.size, map.size);
        assert.equal(table.get(id), map.get(id));
      }
      const inOrder = [...map].toSorted(([a], [b]) => a - b).map(([, value]) => value);
      assert.deepEqual(table.values(), inOrder);
    }),
  );
});
