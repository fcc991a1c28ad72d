import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { SearchHit } from '../../../../src/protocol/model.ts';
import type { ParamsOf } from '../../../../src/protocol/rpc.ts';
import type { Sidecar } from '../../../../src/extension/sidecar.ts';
import {
  groupChildren,
  resultNodes,
  resultRow,
  ResultsModel,
  resultsDescription,
  resultsMessage,
} from '../../../../src/extension/views/resultsModel.ts';
import { hit, searchPage, watchedSearch } from '../worlds.ts';

/** A model over a catalog of these hits. */
function begin(all: SearchHit[]): { model: ResultsModel; asked: ParamsOf<'search/query'>[] } {
  const asked: ParamsOf<'search/query'>[] = [];
  const request = (_method: string, params: ParamsOf<'search/query'>): unknown => {
    asked.push(params);
    if (params.query === 'size>') return Promise.reject(new AppError('invalid-argument', 'size> needs a size.'));
    const { offset = 0, limit = 50 } = params;
    return Promise.resolve(searchPage(all.slice(offset, offset + limit), { total: all.length }));
  };
  const sidecar = { request } as unknown as Pick<Sidecar, 'request'>;
  return { asked, model: new ResultsModel(sidecar, () => undefined) };
}

const many = (count: number): SearchHit[] => Array.from({ length: count }, (_, n) => hit(`${n}.txt`, {}, 1 + (n % 2)));

test('results come in pages, each row once', async () => {
  const { model, asked } = begin([...many(450), hit('0.txt')]);
  await model.show('txt');
  assert.equal(resultNodes(model).at(-1)?.kind, 'moreHits');
  assert.equal(resultsDescription(model), 'txt · 451 found');
  await model.more();
  await model.more();
  assert.deepEqual(
    asked.map(({ offset }) => offset),
    [0, 200, 400],
  );
  const ids = resultNodes(model).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('a refresh asks for as many as are shown', async () => {
  const { model, asked } = begin(many(450));
  await model.show('txt');
  await model.more();
  await model.refresh();
  assert.deepEqual(asked.at(-1), { query: 'txt', offset: 0, limit: 400 });
  assert.equal(model.hits.length, 400);
});

test('grouped, hits stand under their peer and share', async () => {
  const { model } = begin(many(4));
  await model.show('txt');
  model.toggleGroups();
  const nodes = resultNodes(model);
  assert.deepEqual(
    nodes.map((node) => resultRow(node, 0).label),
    ['peer 1 › share 1', 'peer 2 › share 2'],
  );
  const [first] = nodes;
  assert.ok(first?.kind === 'group');
  assert.deepEqual(
    groupChildren(first).map((node) => resultRow(node, 0).label),
    ['0.txt', '2.txt'],
  );
});

test('what is new of a watched search comes first', async () => {
  const { model } = begin(many(2));
  await model.showWatch(watchedSearch(1, { newCount: 1, newHits: [hit('new.txt')] }));
  const [first] = resultNodes(model);
  assert.ok(first?.kind === 'group');
  assert.equal(resultRow(first, 0).label, 'New');
  await model.show('txt');
  assert.equal(resultNodes(model)[0]?.kind, 'hit');
});

test('a failure is told in the view, and a better query replaces it', async () => {
  const { model } = begin(many(2));
  await model.show('size>');
  assert.equal(resultsMessage(model), 'size> needs a size.');
  assert.deepEqual(resultNodes(model), []);
  await model.show('txt');
  assert.equal(resultsMessage(model), '');
});

test('clearing leaves nothing, also of an answer under way', async () => {
  const { model } = begin(many(2));
  const shown = model.show('txt');
  model.clear();
  await shown;
  assert.deepEqual(resultNodes(model), []);
  assert.equal(resultsDescription(model), '');
});

test('a file opens, a folder is revealed; matches are highlighted', async () => {
  const { model } = begin([hit('a/soup.md', { matches: [[2, 6]] }), hit('soup', { kind: 'folder' })]);
  await model.show('soup');
  const [file, folder] = resultNodes(model).map((node) => resultRow(node, 0));
  assert.deepEqual(file?.highlights, [[0, 4]]);
  assert.ok(file?.command?.kind === 'run' && file.command.command === 'potluck.entry.open');
  assert.ok(folder?.command?.kind === 'run' && folder.command.command === 'potluck.entry.reveal');
  assert.equal(file.context, 'hit.file.peer');
});
