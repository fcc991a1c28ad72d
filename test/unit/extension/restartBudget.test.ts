import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRestartBudget } from '../../../src/extension/restartBudget.ts';

test('five restarts within a minute, not six', () => {
  const budget = createRestartBudget();
  for (let i = 0; i < 5; i++) assert.equal(budget.take(i * 1000), true);
  assert.equal(budget.take(5000), false);
  assert.equal(budget.take(60_500), true);
});

test('a person asking again resets the budget', () => {
  const budget = createRestartBudget();
  while (budget.take(0)) continue;
  budget.reset();
  assert.equal(budget.take(0), true);
});
