import { join } from 'node:path';

import { root } from './root.ts';
import type { SeedData } from './constructs/migrations.ts';

/** The films of the demo shop. The package exports no data files, hence the path. */
export const demoCatalogue: SeedData = {
  files: { 'films.json': join(root, 'node_modules/vega-datasets/data/movies.json') },
  environment: { DEMO_CATALOGUE: 'true' },
};
