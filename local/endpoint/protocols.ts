import type { FastifyReply, FastifyRequest } from 'fastify';
import { asAwsError, AwsError } from './aws-error.ts';
import type { SecretsAction } from './secrets-manager.ts';
import type { Form, SesAction } from './ses-form.ts';
import { queryError, queryResult } from './xml.ts';

const sesNamespace = 'http://ses.amazonaws.com/doc/2010-12-01/';

/** The query protocol: a form with an `Action`, a response in XML. */
export async function respondSes(
  actions: Readonly<Record<string, SesAction>>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.header('content-type', 'text/xml');
  try {
    const form = request.body as Form;
    const name = form['Action'] ?? '';
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) throw new AwsError('InvalidAction', `SES's action ${name} is not implemented by this endpoint.`);
    return reply.send(queryResult(name, sesNamespace, await action(form)));
  } catch (error) {
    const failure = asAwsError(error);
    return reply.status(failure.status).send(queryError(failure, sesNamespace));
  }
}

/** The JSON protocol: the action in `X-Amz-Target`, JSON in both directions. */
export function respondSecrets(
  actions: Readonly<Record<string, SecretsAction>>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  try {
    const name = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action)
      throw new AwsError(
        'UnknownOperationException',
        `Secrets Manager's action ${name} is not implemented by this endpoint.`,
      );
    return sendJson(reply, 200, action(parseJson(request.body)));
  } catch (error) {
    const { code, message, status } = asAwsError(error);
    return sendJson(reply, status, { __type: code, message });
  }
}

function parseJson(body: unknown): Parameters<SecretsAction>[0] {
  try {
    return JSON.parse(String(body)) as Parameters<SecretsAction>[0];
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
}

/** Refuses a service by name, in the protocol that the request appears to use. */
export function refuse(what: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const message = `${what} is not part of this endpoint, which has SQS (in JSON), SNS, S3, STS, SES and Secrets Manager.`;
  const error = new AwsError('UnknownOperationException', message, 501);
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  if (!isForm) return sendJson(reply, error.status, { __type: error.code, message });
  return reply.status(error.status).header('content-type', 'text/xml').send(queryError(error, ''));
}

function sendJson(reply: FastifyReply, status: number, body: Record<string, unknown>): FastifyReply {
  return reply.status(status).header('content-type', 'application/x-amz-json-1.1').send(JSON.stringify(body));
}
