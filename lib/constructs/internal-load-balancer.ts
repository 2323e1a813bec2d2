import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ListenerAction,
  ListenerCondition,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type {
  ApplicationListener,
  ApplicationTargetGroup,
  CfnLoadBalancer,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import type { ListenerRule } from '../config/listener-rules.ts';

export interface InternalLoadBalancerProps {
  readonly vpc: IVpc;
  /** Id of the prefix list that may connect from outside the VPC: CloudFront's. */
  readonly prefixList: string;
  readonly accessLogs: IBucket;
  /** Protect the load balancer from deletion. @default true */
  readonly protect?: boolean;
}

/** The internal load balancer: routes requests by path, from CloudFront and from services that call each other. */
export class InternalLoadBalancer extends Construct {
  readonly alb: ApplicationLoadBalancer;
  readonly url: string;
  readonly #listener: ApplicationListener;

  constructor(scope: Construct, id: string, props: InternalLoadBalancerProps) {
    super(scope, id);
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Load balancer',
      allowAllOutbound: false,
    });
    // A group of its own, because the prefix list counts as 55 of the 60 rules that a security group may have.
    const fromCloudFront = new SecurityGroup(this, 'FromCloudFront', {
      vpc: props.vpc,
      description: 'CloudFront to load balancer',
      allowAllOutbound: false,
    });
    fromCloudFront.addIngressRule(Peer.prefixList(props.prefixList), Port.HTTP, 'CloudFront');
    this.alb = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: { subnetGroupName: 'app' },
      internetFacing: false,
      securityGroup,
      deletionProtection: props.protect ?? true,
      dropInvalidHeaderFields: true,
    });
    // Not `addSecurityGroup`: it would add every later rule to both groups.
    (this.alb.node.defaultChild as CfnLoadBalancer).securityGroups = [
      securityGroup.securityGroupId,
      fromCloudFront.securityGroupId,
    ];
    this.alb.logAccessLogs(props.accessLogs, 'load-balancer');
    this.url = `http://${this.alb.loadBalancerDnsName}`;
    this.#listener = this.alb.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      // ALB refuses application/problem+json here: a fixed response has one of five content types.
      defaultAction: ListenerAction.fixedResponse(404, {
        contentType: 'application/json',
        messageBody: JSON.stringify({
          type: 'about:blank',
          title: 'Not Found',
          status: 404,
          detail: 'Nothing is served here.',
        }),
      }),
    });
  }

  /** Forwards requests that match one of the rules to the target group. */
  route(rules: readonly ListenerRule[], targetGroup: ApplicationTargetGroup): void {
    for (const { id, priority, paths } of rules) {
      new ApplicationListenerRule(this, id, {
        listener: this.#listener,
        priority,
        conditions: [ListenerCondition.pathPatterns([...paths])],
        action: ListenerAction.forward([targetGroup]),
      });
    }
  }

  /** Opens the security group path from a caller. */
  allowCallsFrom(caller: IConnectable): void {
    caller.connections.allowTo(this.alb, Port.HTTP, 'Calls to services');
  }
}
