import type { Driver } from '../kernel/driver.ts';
import { alb } from './elbv2/elbv2.ts';
import { cloudfront } from './cloudfront/cloudfront.ts';
import { ecs } from './ecs/ecs.ts';
import { elasticache } from './elasticache/elasticache.ts';
import { lambda } from './lambda/lambda.ts';
import { rds } from './rds/rds.ts';
import { s3 } from './s3/s3.ts';
import { scaling } from './scaling/scaling.ts';
import { secrets } from './secretsmanager/secretsmanager.ts';
import { ses } from './ses/ses.ts';
import { sns } from './sns/sns.ts';
import { sqs } from './sqs/sqs.ts';
import { trigger } from './lambda/trigger.ts';

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
