import type { FastifyRequest } from 'fastify';
import { children, readXml, texts } from './xml.ts';

export interface ObjectEvent {
  /** Such as `ObjectCreated:Put`. */
  readonly name: string;
  readonly key: string;
}

export interface ObjectEventOptions {
  /** The key of a form upload; undefined for other requests. */
  readonly formKey: string | undefined;
  readonly exists: (key: string) => boolean;
  readonly versioned: () => boolean;
}

/**
 * The events that a request causes if it succeeds; the names are those of
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
export function objectEvents(
  request: FastifyRequest,
  { formKey, exists, versioned }: ObjectEventOptions,
): ObjectEvent[] {
  const key = (request.params as { '*'?: string })['*'] ?? '';
  const query = request.query as Record<string, unknown>;
  if (formKey !== undefined) return [{ name: 'ObjectCreated:Post', key: formKey }];
  if (key === '') {
    const isDeletion = request.method === 'POST' && 'delete' in query;
    const keys = isDeletion ? deletedKeys(String(request.body)) : [];
    return removals(keys);
  }
  if (request.method === 'DELETE' && !('uploadId' in query)) return removals([key]);
  if (request.method === 'POST' && 'uploadId' in query) return [{ name: 'ObjectCreated:CompleteMultipartUpload', key }];
  if (request.method !== 'PUT' || 'partNumber' in query || 'renameObject' in query) return [];
  return [{ name: 'x-amz-copy-source' in request.headers ? 'ObjectCreated:Copy' : 'ObjectCreated:Put', key }];

  function removals(keys: readonly string[]): ObjectEvent[] {
    const existing = keys.filter(exists);
    if (existing.length === 0) return [];
    // With versioning, deleting an object without naming a version adds a delete marker.
    const name = versioned() ? 'ObjectRemoved:DeleteMarkerCreated' : 'ObjectRemoved:Delete';
    return existing.map((each) => ({ name, key: each }));
  }
}

/** The keys in the body of a DeleteObjects request. */
function deletedKeys(document: string): string[] {
  return children(readXml(document, 'Delete'), 'Object').flatMap((object) => texts(object, 'Key'));
}
