import { expect, test } from '@jest/globals';

import { templateOf } from '../environments.ts';
import { summarize } from '../summary.ts';

test.each(['local', 'prod'] as const)('the Monitoring stack of %s matches its snapshot', (environment) => {
  expect(summarize(templateOf(environment, 'Monitoring'))).toMatchSnapshot();
});
