import type { Host } from '../../host/host.ts';
import { Handles } from '../../kernel/handles.ts';
import { webAcl, type WebAcl } from './web-acl.ts';

/** The web ACL in front of the CDN. */
export function wafv2(host: Pick<Host, 'accountId'>) {
  const webAcls = new Handles<WebAcl>('web ACL');
  return { definitions: [webAcl(host, webAcls)], webAcls };
}
