import type { Driver } from './driver.ts';

/** Every resource family that is run. */
export const drivers: readonly Driver[] = [];
