import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeTooOld } from '../../src/base/node-version.ts';

test('Node from 26.7 on will do', () => {
  for (const version of ['26.7.0', '26.10.0', '27.0.0', '100.1.2', process.versions.node]) {
    assert.equal(nodeTooOld(version), undefined);
  }
});

test('one sentence tells of a Node that is too old', () => {
  for (const version of ['26.6.1', '25.99.0', '20.19.0', '2.7.0']) {
    assert.equal(
      nodeTooOld(version),
      `multithread-server needs Node 26.7 or newer to move sockets to threads; this is Node ${version}`,
    );
  }
});
