import { InterfaceVpcEndpointAwsService, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IConnectable, IPeer, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface AwsApisProps {
  /** With subnets named `app` and a gateway endpoint for S3. */
  readonly vpc: Vpc;
  /** Whether there are interface endpoints. Otherwise callers need a route to the internet. */
  readonly endpoints: boolean;
  /** Whether callers use X-Ray. @default false */
  readonly xRay?: boolean;
  /** Id of the region's managed prefix list of S3. @default - none: only without interface endpoints */
  readonly s3PrefixList?: string;
}

/** The AWS APIs that tasks and functions in the VPC call. S3, which also stores image layers, has a gateway endpoint. */
const services = {
  Ecr: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Sns: InterfaceVpcEndpointAwsService.SNS,
  Email: InterfaceVpcEndpointAwsService.EMAIL,
};

/**
 * The path to AWS APIs, over port 443: interface endpoints, which only admitted callers reach, or else the internet. Security
 * groups know addresses, not services: without endpoints, a caller may connect to any address.
 */
export class AwsApis extends Construct {
  readonly #endpoints: SecurityGroup | undefined;
  readonly #s3: IPeer | undefined;

  constructor(scope: Construct, id: string, props: AwsApisProps) {
    super(scope, id);
    const { vpc, endpoints, xRay = false, s3PrefixList } = props;
    if (!endpoints) return;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'AWS endpoints',
      allowAllOutbound: false,
    });
    const used = { ...services, ...(xRay && { XRay: InterfaceVpcEndpointAwsService.XRAY }) };
    for (const [name, service] of Object.entries(used)) {
      vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetGroupName: 'app' },
        securityGroups: [securityGroup],
        // Otherwise the whole VPC may connect.
        open: false,
      });
    }
    this.#endpoints = securityGroup;
    this.#s3 = Peer.prefixList(s3PrefixList!);
  }

  /** Lets a caller reach all APIs but S3. */
  allowFrom(caller: IConnectable): void {
    allow(caller, this.#endpoints, 'AWS APIs');
  }

  /** Lets a caller reach S3. Every task needs it to load its image. */
  allowS3From(caller: IConnectable): void {
    allow(caller, this.#s3, 'S3');
  }
}

function allow({ connections }: IConnectable, peer: IConnectable | undefined, description: string): void {
  if (peer) connections.allowTo(peer, Port.HTTPS, description);
  else connections.allowToAnyIpv4(Port.HTTPS, 'AWS APIs, over the internet');
}
