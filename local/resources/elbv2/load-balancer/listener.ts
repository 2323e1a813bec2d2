import { headerValues } from '../../../http/headers.ts';
import type { Hop, HopRequest } from '../../../http/hop.ts';
import { perform, type Action, type ActionOptions } from './actions.ts';
import { errorPage } from './pages.ts';
import type { Router } from './router.ts';

/** Source: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html#http-headers */
const MAX_REQUEST_LINE = 16_384;
const MAX_HEADER_LINE = 16_384;
/** Source: load-balancer-troubleshooting.html#http-463-issues */
const MAX_FORWARDED_FOR = 30;

/** Returns a hop that performs the action of the first rule that matches. */
export function createListener(router: Router<Action>, options: () => ActionOptions): Hop {
  return async (request) => {
    const current = options();
    const refused = refusedStatus(request);
    if (refused) {
      current.count(`status-${refused}`);
      return errorPage(refused);
    }
    return perform(router.route(request), request, current);
  };
}

/** Returns the status of a request that is refused before any rule is applied. */
function refusedStatus({ method, url, headers }: HopRequest): number | undefined {
  if (method === 'TRACE') return 405;
  if (url.length > MAX_REQUEST_LINE) return 414;
  if (!url.startsWith('/') && url !== '*') return 400;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]!.length + headers[at + 1]!.length > MAX_HEADER_LINE) return 400;
  }
  const forwarded = headerValues(headers, 'x-forwarded-for');
  if (forwarded.length > 0 && forwarded.join(',').split(',').length > MAX_FORWARDED_FOR) return 463;
  return undefined;
}
