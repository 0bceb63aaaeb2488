// The programs, as they are run.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const MAIN = [process.execPath, here('main.js')];

function run(args, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8' });
  return { status, stderr, lines: stdout.split('\n').filter(Boolean) };
}

const ask = (...questions) => run([here('main.js')], questions.map((question) => JSON.stringify(question) + '\n').join('')).lines.map((line) => JSON.parse(line));

test('each question has an answer with its id, in order', () => {
  const question = { op: 'stamp', input: { compare: ['0'.repeat(21), '0'.repeat(21)] } };
  assert.deepEqual(ask({ id: 'b', ...question }, { id: 'a', ...question }), [
    { id: 'b', result: { order: 0 } },
    { id: 'a', result: { order: 0 } },
  ]);
});

test('a question of another kind is skipped, and the next one answered', () => {
  const [unknown, known] = ask({ id: '1', op: 'dance', input: {} }, { id: '2', op: 'view', input: { document: {} } });
  assert.match(unknown.skip, /dance/);
  assert.deepEqual(known, { id: '2', result: { view: '{}' } });
});

test('a member called __proto__ is a member', () => {
  const text = '{"__proto__":1,"constructor":{"toString":2}}';
  const [{ result }] = ask({ id: '1', op: 'parse', input: { text } });
  assert.equal(result.view, text);
});

test('programs that agree are said to', () => {
  const { status, lines } = run([here('compare.js'), '--count', '30', '--', ...MAIN, '--', ...MAIN]);
  assert.deepEqual({ status, last: lines.at(-1) }, { status: 0, last: '30 asked, 0 answered differently' });
});

test('a program that answers differently is found out', () => {
  const skips = "require('readline').createInterface({input:process.stdin}).on('line',l=>console.log(JSON.stringify({id:JSON.parse(l).id,skip:'no'})))";
  const { status, lines } = run([here('compare.js'), '--count', '3', '--', ...MAIN, '--', process.execPath, '-e', skips]);
  assert.deepEqual({ status, last: lines.at(-1) }, { status: 1, last: '3 asked, 3 answered differently' });
});
