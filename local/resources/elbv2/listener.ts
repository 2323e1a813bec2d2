import { Type, type Static } from 'typebox';

import type { Handles } from '../../kernel/handles.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { defineResource } from '../../kernel/resource.ts';
import { closed, ignored } from '../../kernel/schema.ts';
import { resourceHash } from '../resource-hash.ts';
import { actionSchema, toAction } from './listener-actions.ts';
import type { Action } from './load-balancer/actions.ts';
import type { Listener, LoadBalancer } from './load-balancer/load-balancer.ts';
import { createRouter, type Router } from './load-balancer/router.ts';
import type { TargetGroup } from './load-balancer/target-group.ts';
import type { ListenerPorts } from './ports.ts';

/** How long requests under way may take to end when the listener stops, in ms. */
const STOP_GRACE_MS = 2000;

const properties = Type.Object({
  LoadBalancerArn: Type.String(),
  Port: Type.Number(),
  Protocol: Type.Union([Type.Literal('HTTP'), Type.Literal('HTTPS')]),
  DefaultActions: Type.Array(actionSchema, { minItems: 1, maxItems: 1 }),
  Certificates: Type.Optional(Type.Array(Type.Object({ CertificateArn: Type.String() }, closed))),
  ...ignored('It belongs to HTTPS, which is refused.', 'SslPolicy'),
  ...ignored('They describe the listener.', 'Tags'),
});

/** The rules of a listener outlive its server, which moves when the port changes. */
export interface RunningListener {
  readonly router: Router<Action>;
  readonly loadBalancer: LoadBalancer;
  readonly port: number;
  readonly server: Listener;
}

interface ListenerOptions {
  readonly ports: ListenerPorts;
  readonly loadBalancers: Handles<LoadBalancer>;
  readonly listeners: Handles<RunningListener>;
  readonly targetGroups: Handles<TargetGroup>;
}

/** Source of replaceOn: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html */
export const listener = ({ ports, loadBalancers, listeners, targetGroups }: ListenerOptions) =>
  defineResource('AWS::ElasticLoadBalancingV2::Listener', {
    properties,
    replaceOn: ['LoadBalancerArn'],
    update: 'up',
    label: ({ properties: { Port } }) => (Port === 80 ? 'load balancer' : `load balancer, port ${Port}`),
    async up(resource) {
      const { LoadBalancerArn, Port: port, DefaultActions } = resource.properties;
      refuseHttps(resource.key, resource.properties);
      const arn = `${LoadBalancerArn.replace(':loadbalancer/', ':listener/')}/${resourceHash(resource)}`;
      const loadBalancer = loadBalancers.get(LoadBalancerArn);
      const action = toAction(resource, DefaultActions[0]!, targetGroups);
      const known = listeners.find(arn);
      const router = known?.router ?? createRouter(action);
      router.setDefault(action);
      // A listener that could not listen on another port has no URL.
      if (known?.loadBalancer !== loadBalancer || known.port !== port || known.server.url() === '') {
        await known?.server.close(STOP_GRACE_MS);
        const server = loadBalancer.addListener(port, router);
        try {
          await server.listen(await ports(LoadBalancerArn, port));
        } catch (error) {
          await server.close(0);
          throw error;
        }
        listeners.set(arn, { router, loadBalancer, port, server });
      }
      const { server } = listeners.get(arn);
      return {
        ref: arn,
        attributes: { ListenerArn: arn },
        detail: () => server.url(),
        async stop() {
          listeners.delete(arn);
          await server.close(STOP_GRACE_MS);
        },
      };
    },
  });

function refuseHttps(key: string, { Protocol, Certificates }: Static<typeof properties>): void {
  if (Protocol === 'HTTP' && Certificates === undefined) return;
  throw new Refusal(
    `${key}: a listener with Protocol = "HTTPS" or Certificates is not supported, since a laptop has no certificate that ` +
      'browsers trust. Give the app an HTTP listener where it is synthesized for a laptop; in the CDK: ' +
      '`protocol: ApplicationProtocol.HTTP`, and no certificate.',
  );
}
