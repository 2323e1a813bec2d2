import { Type, type Static } from 'typebox';

import { compileWildcard } from '../../http/wildcard.ts';

const texts = Type.Union([Type.String(), Type.Array(Type.String())]);

/** What is read of a bucket policy. */
export const policyDocument = Type.Object({
  Statement: Type.Array(
    Type.Object({
      Effect: Type.String(),
      Principal: Type.Optional(Type.Union([Type.String(), Type.Object({ Service: Type.Optional(texts) })])),
      Action: Type.Optional(texts),
      Resource: Type.Optional(texts),
      Condition: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), texts))),
    }),
    { default: [] },
  ),
});

export type PolicyDocument = Static<typeof policyDocument>;

/** A request of an AWS service on behalf of a resource, such as a distribution. */
export interface ServiceRequest {
  /** Such as `cloudfront.amazonaws.com`. */
  readonly service: string;
  readonly sourceArn: string;
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** ARN of the bucket or the object. */
  readonly resource: string;
}

/**
 * Returns whether a bucket policy allows a request of an AWS service. Of conditions it knows those on `aws:SourceArn`; a
 * statement with any other does not apply. Denials are not evaluated: services send their requests encrypted.
 * Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export const allowsService = (
  { Statement }: PolicyDocument,
  { service, sourceArn, action, resource }: ServiceRequest,
): boolean =>
  Statement.some(({ Effect, Principal, Action, Resource, Condition = {} }) => {
    const services = typeof Principal === 'object' ? list(Principal.Service) : [];
    return (
      Effect === 'Allow' &&
      services.includes(service) &&
      matches(Action, action) &&
      matches(Resource, resource) &&
      Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(
          ([key, values]) => key.toLowerCase() === 'aws:sourcearn' && compare(operator, values, sourceArn),
        ),
      )
    );
  });

type Texts = string | readonly string[] | undefined;

const list = (given: Texts): readonly string[] => (typeof given === 'string' ? [given] : (given ?? []));

const matches = (patterns: Texts, text: string): boolean =>
  list(patterns).some((pattern) => compileWildcard(pattern)(text));

function compare(operator: string, values: Texts, text: string): boolean {
  if (operator === 'StringEquals') return list(values).includes(text);
  // ArnEquals takes wildcards too. Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
  return ['StringLike', 'ArnLike', 'ArnEquals'].includes(operator) && matches(values, text);
}
