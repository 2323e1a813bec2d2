import type { Driver } from './driver.ts';
import { alb } from './drivers/alb.ts';
import { cloudfront } from './drivers/cloudfront.ts';

/** Every resource family that is run. */
export const drivers: readonly Driver[] = [alb, cloudfront];
