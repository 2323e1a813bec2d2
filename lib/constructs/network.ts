import {
  CfnInstance,
  CfnSubnet,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InstanceClass,
  InstanceSize,
  InstanceType,
  IpAddresses,
  NatInstanceProviderV2,
  NatProvider,
  NatTrafficDirection,
  Peer,
  Port,
  SubnetType,
  UserData,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import type { Environment } from '../config/environment.ts';
import { isZoneId } from '../config/zones.ts';

export interface NetworkProps extends Pick<Environment, 'cidr' | 'availabilityZones' | 'nat'> {
  readonly flowLogs: ILogGroup;
}

/**
 * A VPC of three subnets in each zone: `public` for NAT, `app` for the load balancer and tasks, and `data` for databases,
 * without internet access.
 */
export class Network extends Construct {
  readonly vpc: Vpc;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { nat, availabilityZones } = props;
    const natInstance = nat === 'instance' ? natInstanceProvider() : undefined;
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr),
      availabilityZones: [...availabilityZones],
      // Nothing uses the default group; removing its rules takes a custom resource.
      restrictDefaultSecurityGroup: false,
      // Reserves addresses for a third zone: adding it moves no subnet.
      reservedAzs: 3 - availabilityZones.length,
      natGateways: { none: 0, instance: 1, one: 1, 'per-az': availabilityZones.length }[nat],
      natGatewayProvider: natInstance,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        {
          name: 'app',
          subnetType: nat === 'none' ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS,
          cidrMask: 20,
        },
        { name: 'data', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: {
        All: { destination: FlowLogDestination.toCloudWatchLogs(props.flowLogs), trafficType: FlowLogTrafficType.ALL },
      },
    });
    natInstance?.connections.allowFrom(Peer.ipv4(props.cidr), Port.allTraffic(), 'Outbound traffic of tasks');
    for (const { node } of natInstance?.gatewayInstances ?? []) encryptDisk(node.defaultChild as CfnInstance);
    if (availabilityZones.some(isZoneId)) this.#placeByZoneId();
  }

  /** CDK writes every zone as a name. An instance needs none, since its subnet has one. */
  #placeByZoneId(): void {
    for (const resource of this.node.findAll()) {
      if (CfnInstance.isCfnInstance(resource)) resource.availabilityZone = undefined;
      if (!CfnSubnet.isCfnSubnet(resource)) continue;
      resource.availabilityZoneId = resource.availabilityZone;
      resource.availabilityZone = undefined;
    }
  }
}

/** The image's own disk is not encrypted, and the NAT provider has no setting for it. */
function encryptDisk(instance: CfnInstance): void {
  instance.blockDeviceMappings = [{ deviceName: '/dev/xvda', ebs: { encrypted: true, volumeType: 'gp3' } }];
}

function natInstanceProvider(): NatInstanceProviderV2 {
  const userData = UserData.forLinux();
  userData.addCommands(
    // Another process may clear the package cache during the first boot; CDK's own commands try once.
    'until dnf install -y iptables-services; do sleep 5; done',
    ...NatInstanceProviderV2.DEFAULT_USER_DATA_COMMANDS,
  );
  return NatProvider.instanceV2({
    // A nano instance has too little memory for the package manager.
    instanceType: InstanceType.of(InstanceClass.T4G, InstanceSize.MICRO),
    defaultAllowedTraffic: NatTrafficDirection.OUTBOUND_ONLY,
    associatePublicIpAddress: true,
    userData,
  });
}
