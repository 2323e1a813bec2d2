import { expect, test } from '@jest/globals';

import { templateOf } from '../environments.ts';
import { summarize } from '../summary.ts';

test.each(['local', 'prod'] as const)('the EdgeAlarms stack of %s matches its snapshot', (environment) => {
  expect(summarize(templateOf(environment, 'EdgeAlarms'))).toMatchSnapshot();
});
