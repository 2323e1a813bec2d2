import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
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

import { listenerRules } from '../config/listener-rules.ts';
import type { Workload } from './workload.ts';

export interface InternalLoadBalancerProps {
  readonly vpc: IVpc;
  /** Id of the prefix list of those who may come in from outside the VPC: CloudFront. */
  readonly prefixList: string;
  readonly accessLogs: IBucket;
  /** Refuse to be deleted. @default true */
  readonly protect?: boolean;
}

/** The internal load balancer: one way in, by path, for CloudFront and for services calling each other. */
export class InternalLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly url: string;
  readonly #listener: ApplicationListener;

  constructor(scope: Construct, id: string, props: InternalLoadBalancerProps) {
    super(scope, id);
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Load balancer',
      allowAllOutbound: false,
    });
    // Apart, because the prefix list counts as 55 of the 60 rules that a security group may have.
    const fromCloudFront = new SecurityGroup(this, 'FromCloudFront', {
      vpc: props.vpc,
      description: 'CloudFront to load balancer',
      allowAllOutbound: false,
    });
    fromCloudFront.addIngressRule(Peer.prefixList(props.prefixList), Port.HTTP, 'CloudFront');
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: { subnetGroupName: 'app' },
      internetFacing: false,
      securityGroup,
      deletionProtection: props.protect ?? true,
      dropInvalidHeaderFields: true,
    });
    // Not `addSecurityGroup`, which would open every later way from both groups.
    (this.loadBalancer.node.defaultChild as CfnLoadBalancer).securityGroups = [
      securityGroup.securityGroupId,
      fromCloudFront.securityGroupId,
    ];
    this.loadBalancer.logAccessLogs(props.accessLogs, 'load-balancer');
    this.url = `http://${this.loadBalancer.loadBalancerDnsName}`;
    this.#listener = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      // A fixed response cannot be application/problem+json: the API takes five content types.
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

  /** Sends requests for any of the paths to the target group. */
  route(name: string, paths: readonly string[], targetGroup: ApplicationTargetGroup): void {
    for (const { id, priority, paths: values } of listenerRules(name, paths)) {
      new ApplicationListenerRule(this, id, {
        listener: this.#listener,
        priority,
        conditions: [ListenerCondition.pathPatterns([...values])],
        action: ListenerAction.forward([targetGroup]),
      });
    }
  }

  /** Lets a workload call services through here, and tells it where. */
  admit(caller: Workload): void {
    caller.connections.allowTo(this.loadBalancer, Port.HTTP, 'Calls to services');
    caller.addEnvironment('SERVICES_URL', this.url);
  }
}
