import {
  IsOptional,
  Type,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TSchemaOptions,
} from 'typebox';
import { Value } from 'typebox/value';

/** The configuration is invalid; the message lists every fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const text = Type.String({ minLength: 1 });
const hostPort = Type.String({ pattern: '^[^:,\\s]+:\\d{1,5}$', expected: 'host:port' });
export const url = Type.String({ pattern: '^https?://[^\\s/]+', expected: 'an http or https URL' });

/** A string whose value is left out of error messages. */
export const secret = (options: TSchemaOptions = {}) => Type.String({ minLength: 1, ...options, secret: true });

/** The variables of every task. */
export const taskConfig = {
  /** Metrics have it as a dimension: several environments may share an account. */
  ENVIRONMENT_NAME: text,
  SERVICE_NAME: text,
  HOST: Type.String({ minLength: 1, default: '0.0.0.0' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535 }),
  AWS_REGION: text,
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    expected: 'a pino level (fatal, error, warn, info, debug, trace or silent)',
  }),
  /** Where spans and metrics are sent, by OTLP over HTTP. Without it, no span is recorded. */
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(url),
  /** Sent with them: `name=value`, separated by commas. */
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(secret()),
  /** Which part of the traces that begin here is recorded. */
  OTEL_TRACES_SAMPLER_ARG: Type.Number({ minimum: 0, maximum: 1, default: 1, expected: 'a number from 0 to 1' }),
};

export const databaseConfig = {
  DATABASE_PRIMARY: hostPort,
  DATABASE_REPLICAS: Type.String({
    pattern: '^([^:,\\s]+:\\d{1,5}(,[^:,\\s]+:\\d{1,5})*)?$',
    default: '',
    expected: 'a comma-separated list of host:port, or empty',
  }),
  DATABASE_NAME: text,
  /** Maximum number of connections from the task to the primary, and to each replica. */
  DATABASE_POOL_SIZE: Type.Integer({ minimum: 1 }),
  /** Also the name of the service and of its database schema. */
  DATABASE_USER: text,
  DATABASE_PASSWORD: secret(),
};
export type DatabaseConfig = Static<ReturnType<typeof Type.Object<typeof databaseConfig>>>;

export const redisConfig = {
  REDIS_ENDPOINT: hostPort,
  /** The name of the service. */
  REDIS_USER: text,
  REDIS_PASSWORD: secret(),
};
export type RedisConfig = Static<ReturnType<typeof Type.Object<typeof redisConfig>>>;

/** The group of Redis that caches; sessions are in another one. */
export const cacheConfig = { CACHE_ENDPOINT: hostPort, CACHE_USER: text, CACHE_PASSWORD: secret() };
export type CacheConfig = Static<ReturnType<typeof Type.Object<typeof cacheConfig>>>;

export const sessionConfig = { ...redisConfig, SESSION_SECRET: secret({ minLength: 32 }) };
/** The key with which the payment provider is called. */
export const providerKeyConfig = { PAYMENT_PROVIDER_KEY: secret() };
export const callConfig = { SERVICES_URL: url };
export const publishConfig = { EVENTS_TOPIC_ARN: text };
export const receiveConfig = {
  QUEUE_URL: url,
  DEAD_LETTERS_URL: url,
  /** How long a received message is hidden from other tasks. */
  QUEUE_VISIBILITY_SECONDS: Type.Integer({ minimum: 1 }),
};
export type ReceiveConfig = Static<ReturnType<typeof Type.Object<typeof receiveConfig>>>;
export const siteConfig = {
  /** The URL that links in mails begin with. Empty: the one under which a client reached the system. */
  SITE_URL: Type.String({
    pattern: '^(https?://[^\\s/]+)?$',
    default: '',
    expected: 'an http or https URL without a path, or empty',
  }),
};
export const uploadsConfig = { UPLOADS_BUCKET: text };
export const mailConfig = {
  MAIL_FROM: Type.String({ format: 'email' }),
  /** The set of SES whose destination is told of bounces and complaints. Without it, SES tells the sender by mail. */
  MAIL_CONFIGURATION_SET: Type.Optional(text),
  /** Most tasks that send mail: while Redis is down, each takes its share of the rate. */
  MAIL_TASKS: Type.Integer({ minimum: 1 }),
};

/**
 * Reads the variables that `properties` names from the environment and converts them to its types.
 * (`NoInfer` keeps the compiler from deriving the types from how the result is used.)
 * @throws ConfigError listing every missing and every invalid variable
 */
export function readConfig<P extends TProperties>(
  properties: P,
  env: NodeJS.ProcessEnv = process.env,
): NoInfer<Static<TObject<P>>> {
  const schema = Type.Object(properties);
  const names = Object.keys(properties);
  const given = Object.fromEntries(names.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]));
  const config = Value.Convert(schema, Value.Default(schema, given)) as Record<string, unknown>;
  const faults = names.flatMap((name) => faultsOf(name, properties[name] as Property, config[name]));
  if (faults.length > 0) throw new ConfigError(['Invalid environment variables:', ...faults].join('\n  '));
  return config as Static<TObject<P>>;
}

type Property = TSchema & { secret?: boolean; expected?: string };

function faultsOf(name: string, property: Property, value: unknown): string[] {
  if (value === undefined) return IsOptional(property) ? [] : [`${name} is missing`];
  const wrong = Value.Errors(property, value).map(({ message }) => message);
  if (wrong.length === 0) return [];
  const expectation = property.expected ? `must be ${property.expected}` : wrong.join(', ');
  return [`${name} ${expectation}, but is ${property.secret ? 'another value (hidden)' : JSON.stringify(value)}`];
}
