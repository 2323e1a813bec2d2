import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from './aws-error.ts';
import { readJson, writeJson } from './json-file.ts';

export interface SecretVersion {
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
  /** Milliseconds since 1970, as all times in this file. */
  readonly createdAt: number;
  readonly stages: readonly string[];
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly deleteAt?: number;
  readonly versions: Readonly<Record<string, SecretVersion>>;
}

/** Keeps secrets in memory, and each in its own file, readable by its owner only. */
export function openSecretStore(dir: string, options: { region: string; accountId: string }) {
  const secrets = new Map<string, Secret>();
  const file = (name: string) => join(dir, `${encodeURIComponent(name)}.json`);
  for (const entry of listFiles(dir)) {
    const secret = readJson<Secret | undefined>(join(dir, entry), undefined);
    if (secret) secrets.set(secret.name, secret);
  }

  return {
    all: () => [...secrets.values()],
    has: (name: string) => secrets.has(name),
    /**
     * Finds a secret by name, ARN, or ARN without its random suffix.
     * @throws AwsError when there is none
     */
    find(id: string): Secret {
      const name = id.startsWith('arn:') ? id.split(':').slice(6).join(':') : id;
      const secret =
        secrets.get(name) ?? [...secrets.values()].find(({ arn }) => arn === id) ?? secrets.get(name.slice(0, -7));
      if (secret && (!id.startsWith('arn:') || secret.arn.startsWith(id))) return secret;
      throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret: ${id}`);
    },
    newArn: (name: string) =>
      `arn:aws:secretsmanager:${options.region}:${options.accountId}:secret:${name}-${randomUUID().slice(0, 6)}`,
    save(secret: Secret): void {
      writeJson(file(secret.name), secret);
      secrets.set(secret.name, secret);
    },
    remove({ name }: Secret): void {
      rmSync(file(name), { force: true });
      secrets.delete(name);
    },
  };
}

export type SecretStore = ReturnType<typeof openSecretStore>;

/** Adds a version as AWSCURRENT; the current one becomes AWSPREVIOUS, and versions without a stage are dropped. */
export function withVersion(secret: Secret, id: string, value: Pick<SecretVersion, 'string' | 'binary'>): Secret {
  const now = Date.now();
  const older = Object.entries(secret.versions)
    .filter(([, version]) => version.stages.includes('AWSCURRENT'))
    .map(([key, version]) => [key, { ...version, stages: ['AWSPREVIOUS'] }] as const);
  const current: SecretVersion = { ...value, createdAt: now, stages: ['AWSCURRENT'] };
  return { ...secret, changedAt: now, versions: { ...Object.fromEntries(older), [id]: current } };
}

function listFiles(dir: string): string[] {
  try {
    return readdirSync(dir).filter((entry) => entry.endsWith('.json'));
  } catch {
    return [];
  }
}
