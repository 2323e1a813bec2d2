import type { Driver } from './driver.ts';
import { alb } from './drivers/alb.ts';
import { cloudfront } from './drivers/cloudfront.ts';
import { ecs } from './drivers/ecs.ts';
import { elasticache } from './drivers/elasticache.ts';
import { lambda } from './drivers/lambda.ts';
import { rds } from './drivers/rds.ts';
import { s3 } from './drivers/s3.ts';
import { scaling } from './drivers/scaling.ts';
import { secrets } from './drivers/secrets.ts';
import { ses } from './drivers/ses.ts';
import { sns } from './drivers/sns.ts';
import { sqs } from './drivers/sqs.ts';
import { trigger } from './drivers/trigger.ts';

/** Every resource family that is run. */
export const drivers: readonly Driver[] = [
  alb,
  cloudfront,
  ecs,
  elasticache,
  lambda,
  rds,
  s3,
  scaling,
  secrets,
  ses,
  sns,
  sqs,
  trigger,
];
