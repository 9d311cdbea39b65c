import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, table } from '../generate.mjs';
import { readText } from '../repository.mjs';

for (const [path, text] of Object.entries(generate())) {
  test(`${path} is up to date (npm run generate)`, () => assert.equal(readText(path), text));
}

test('a value without a comment is an error', () => {
  assert.throws(() => table('# Said.\na: 1\nb: 2\n'), /nothing about b/);
});
