import { expect, test } from '@jest/globals';
import { databaseConfig, readConfig, sessionConfig, taskConfig } from '../../../app/kit/config.ts';

const task = { ENVIRONMENT_NAME: 'dev', SERVICE_NAME: 'orders', PORT: '3000', AWS_REGION: 'eu-central-1' };
const database = {
  DATABASE_PRIMARY: 'localhost:5432',
  DATABASE_NAME: 'headroom',
  DATABASE_POOL_SIZE: '3',
  DATABASE_USER: 'orders',
  DATABASE_PASSWORD: 'correct horse',
};

test('variables are converted to the types of the schema, with its defaults', () => {
  const config = readConfig({ ...taskConfig, ...databaseConfig }, { ...task, ...database, HOME: '/root' });
  expect(config).toEqual({
    ...task,
    ...database,
    DATABASE_POOL_SIZE: 3,
    PORT: 3000,
    HOST: '0.0.0.0',
    LOG_LEVEL: 'info',
    OTEL_TRACES_SAMPLER_ARG: 1,
    DATABASE_REPLICAS: '',
  });
});

test('a list of replicas may be empty, one or several', () => {
  for (const DATABASE_REPLICAS of ['', 'a:1', 'a:1,b:2']) {
    const config = readConfig(databaseConfig, { ...database, DATABASE_REPLICAS });
    expect(config.DATABASE_REPLICAS).toBe(DATABASE_REPLICAS);
  }
});

test('all faults are reported together, each with its value', () => {
  const read = () =>
    readConfig(
      { ...taskConfig, ...databaseConfig },
      {
        ...database,
        PORT: '99999',
        LOG_LEVEL: 'loud',
        DATABASE_PRIMARY: 'localhost',
        DATABASE_REPLICAS: 'a:1,b',
      },
    );
  expect(read).toThrow(
    [
      'Invalid environment variables:',
      'ENVIRONMENT_NAME is missing',
      'SERVICE_NAME is missing',
      'PORT must be <= 65535, but is 99999',
      'AWS_REGION is missing',
      'LOG_LEVEL must be a pino level (fatal, error, warn, info, debug, trace or silent), but is "loud"',
      'DATABASE_PRIMARY must be host:port, but is "localhost"',
      'DATABASE_REPLICAS must be a comma-separated list of host:port, or empty, but is "a:1,b"',
    ].join('\n  '),
  );
});

test('a port that only begins with a number is refused', () => {
  const read = () => readConfig(taskConfig, { ...task, PORT: '3000x' });
  expect(read).toThrow('PORT must be integer, but is "3000x"');
});

test('the value of a secret is not in the message', () => {
  const session = {
    REDIS_ENDPOINT: 'localhost:6379',
    REDIS_USER: 'auth',
    REDIS_PASSWORD: 'password',
    SESSION_SECRET: 'too short',
  };
  const read = () => readConfig(sessionConfig, session);
  expect(read).toThrow('SESSION_SECRET must not have fewer than 32 characters, but is another value (hidden)');
  expect(read).not.toThrow('too short');
});
