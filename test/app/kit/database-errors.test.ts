import { expect, test } from '@jest/globals';
import pg from 'pg';
import { problemOf } from '../../../app/kit/database-errors.ts';

const failure = (code: string) => Object.assign(new pg.DatabaseError('failed', 0, 'error'), { code });

test.each([
  ['53300', 'too many connections', 'OverloadError', 503],
  ['53200', 'out of memory', 'OverloadError', 503],
  ['53100', 'disk full', 'DependencyError', 503],
  ['57P01', 'the server shuts down', 'DependencyError', 503],
  ['57P03', 'the server starts', 'DependencyError', 503],
  ['57P04', 'the database was dropped', 'DependencyError', 503],
  ['40001', 'a read held up the replay of a replica', 'DependencyError', 503],
  ['25006', 'the server has become a replica', 'DependencyError', 503],
  ['08006', 'the connection is broken', 'DependencyError', 503],
  ['58030', 'the disk fails', 'DependencyError', 503],
  ['57014', 'a statement took too long', 'DependencyError', 504],
  ['25P03', 'a transaction was idle for too long', 'DependencyError', 504],
  ['25P04', 'a transaction took too long', 'DependencyError', 504],
])('%s (%s) is an %s, %i with Retry-After', (code, _what, name, status) => {
  expect(problemOf(failure(code))).toMatchObject({ name, status, headers: { 'retry-after': '1' } });
});

test.each(['23505', '42601', '53400', '40P01'])('%s is a fault of the query', (code) => {
  expect(problemOf(failure(code))).toBeUndefined();
});

test('a broken connection is a 503, and a fault of the code is not', () => {
  expect(problemOf(new Error('Connection terminated unexpectedly'))).toMatchObject({ status: 503 });
  expect(problemOf(new RangeError('too large'))).toBeUndefined();
});
