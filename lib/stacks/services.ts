import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights, Secret } from 'aws-cdk-lib/aws-ecs';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { cloudFrontPrefixLists } from '../config/cloudfront-prefix-lists.ts';
import { tasksOf } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';
import { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import { HttpService } from '../constructs/http-service.ts';
import { Migrations } from '../constructs/migrations.ts';
import { ServiceImage } from '../constructs/service-image.ts';
import { WorkerService } from '../constructs/worker-service.ts';
import { folderOf, routesOf, definitionsFor } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { DataStack } from './data.ts';

export interface ServicesStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly vpc: IVpc;
  readonly data: DataStack;
}

/** The load balancer and everything behind it. Holds no data: it can be deleted and made again. */
export class ServicesStack extends Stack {
  readonly loadBalancer: IApplicationLoadBalancer;
  readonly #props: ServicesStackProps;
  readonly #cluster: Cluster;
  readonly #gateway: InternalLoadBalancer;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { environment, vpc, data } = props;
    const rows = definitionsFor(props.system, environment);

    this.#cluster = new Cluster(this, 'Cluster', {
      vpc,
      clusterName: `headroom-${environment.name}`,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    this.#gateway = new InternalLoadBalancer(this, 'Gateway', {
      vpc,
      prefixList: environment.cloudFrontPrefixList ?? cloudFrontPrefixLists[environment.region]!,
      accessLogs: data.accessLogs.bucket,
      protect: environment.protect,
    });
    this.loadBalancer = this.#gateway.loadBalancer;

    const migrations = new Migrations(this, 'Migrations', {
      vpc,
      postgres: data.postgres,
      logGroup: this.#logGroup('migrations'),
      rows: rows.filter(({ database }) => database),
      demoCatalogue: environment.demoCatalogue,
    });
    for (const row of rows) migrations.runBefore(this.#deploy(row));
  }

  /** Makes the service or worker of a row, and gives it what the row says and nothing else. */
  #deploy(row: ServiceDefinition): Construct {
    const { environment, data } = this.#props;
    const workload = this.#workload(row);
    if (row.database) data.postgres.serve(workload, row.name);
    if (row.sessions) {
      data.redis.serve(workload);
      workload.addSecret('SESSION_SECRET', Secret.fromSecretsManager(data.sessionSecret));
    }
    if (row.receives) data.queues.get(row.name)?.feed(workload);
    if (row.publishes) data.events.admit(workload);
    if (row.mail) data.mail.admit(workload);
    if (row.calls || (row.paymentProvider && environment.sandbox)) this.#gateway.admit(workload);
    if (row.paymentProvider) {
      workload.addEnvironment('PAYMENT_PROVIDER_URL', environment.paymentProviderUrl ?? `${this.#gateway.url}/sandbox`);
    }
    return workload;
  }

  #workload(row: ServiceDefinition): HttpService | WorkerService {
    const { environment, data } = this.#props;
    const shared = {
      cluster: this.#cluster,
      name: row.name,
      image: new ServiceImage(this, `${row.name}-image`, folderOf(row)).image,
      logGroup: this.#logGroup(row.name),
      tasks: tasksOf(environment, row.name),
    };
    return row.kind === 'service'
      ? new HttpService(this, row.name, { ...shared, gateway: this.#gateway, paths: routesOf(row) })
      : new WorkerService(this, row.name, { ...shared, queue: data.queues.get(row.name)! });
  }

  #logGroup(name: string): LogGroup {
    return new LogGroup(this, `${name}-logs`, {
      retention: this.#props.environment.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
