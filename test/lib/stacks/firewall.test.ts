import { expect, test } from '@jest/globals';

import { templateOf } from '../environments.ts';
import { summarize } from '../summary.ts';

test('the Firewall stack of prod matches its snapshot', () => {
  expect(summarize(templateOf('prod', 'Firewall'))).toMatchSnapshot();
});
