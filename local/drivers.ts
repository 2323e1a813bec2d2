import type { Driver } from './driver.ts';
import { alb } from './drivers/alb.ts';
import { cloudfront } from './drivers/cloudfront.ts';
import { ecs } from './drivers/ecs.ts';
import { lambda } from './drivers/lambda.ts';
import { scaling } from './drivers/scaling.ts';
import { trigger } from './drivers/trigger.ts';

/** Every resource family that is run. */
export const drivers: readonly Driver[] = [alb, cloudfront, ecs, lambda, scaling, trigger];
