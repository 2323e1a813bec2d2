import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { cacheCapability } from '../capabilities/cache.ts';
import { callsCapability } from '../capabilities/calls.ts';
import { bindCapabilities } from '../capabilities/capability.ts';
import type { Capabilities } from '../capabilities/capability.ts';
import { databaseCapability } from '../capabilities/database.ts';
import { mailCapability } from '../capabilities/mail.ts';
import { paymentProviderCapability } from '../capabilities/payment-provider.ts';
import { queueCapability } from '../capabilities/queue.ts';
import { redisCapability } from '../capabilities/redis.ts';
import { sandboxProviderCapability } from '../capabilities/sandbox-provider.ts';
import { sessionsCapability } from '../capabilities/sessions.ts';
import { siteUrlCapability } from '../capabilities/site-url.ts';
import { telemetryCapability } from '../capabilities/telemetry.ts';
import { topicCapability } from '../capabilities/topic.ts';
import { uploadsCapability } from '../capabilities/uploads.ts';
import { tasksOf } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';
import { laptop } from '../config/laptop.ts';
import { listenerRules } from '../config/listener-rules.ts';
import type { ListenerRule } from '../config/listener-rules.ts';
import { proxyPercent } from '../config/validate-connections.ts';
import type { AwsApis } from '../constructs/aws-apis.ts';
import { HttpService } from '../constructs/http-service.ts';
import { InternalLoadBalancer } from '../constructs/internal-load-balancer.ts';
import { Migrations } from '../constructs/migrations.ts';
import { PostgresProxy } from '../constructs/postgres-proxy.ts';
import { ServiceImage } from '../constructs/service-image.ts';
import { WorkerService } from '../constructs/worker-service.ts';
import { demoCatalogue } from '../demo-catalogue.ts';
import { definitionsFor, folderOf, usesRedis } from '../system.ts';
import type { ServiceDefinition } from '../system.ts';
import type { DataStack } from './data.ts';

export interface ServicesStackProps extends StackProps {
  readonly environment: Environment;
  readonly system: readonly ServiceDefinition[];
  readonly vpc: IVpc;
  readonly awsApis: AwsApis;
  readonly data: DataStack;
}

/** The load balancer and the services and workers behind it. Holds no data but logs: it can be deleted and created again. */
export class ServicesStack extends Stack {
  readonly cluster: Cluster;
  readonly loadBalancer: InternalLoadBalancer;
  /** Services and workers by name. */
  readonly workloads: ReadonlyMap<string, HttpService | WorkerService>;
  readonly #props: ServicesStackProps;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { environment, vpc, awsApis, data } = props;
    const definitions = definitionsFor(props.system, environment);

    this.cluster = new Cluster(this, 'Cluster', {
      vpc,
      clusterName: `headroom-${environment.name}`,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    this.loadBalancer = new InternalLoadBalancer(this, 'LoadBalancer', {
      vpc,
      prefixList: environment.cloudFrontPrefixList!,
      accessLogs: data.accessLogs.bucket,
      protect: environment.protect,
    });
    const migrations = new Migrations(this, 'Migrations', {
      vpc,
      postgres: data.postgres,
      logGroup: this.#logGroup('migrations'),
      folders: Object.fromEntries(
        definitions
          .filter(({ database }) => database)
          .map((definition) => [definition.name, `${folderOf(definition)}/migrations`]),
      ),
      seed: environment.demoCatalogue ? demoCatalogue : undefined,
    });
    awsApis.allowFrom(migrations);
    const capabilities = this.#capabilities(this.#proxy(migrations));
    const redis = redisCapability(data.redis);
    const telemetry = environment.telemetry && telemetryCapability(this, environment.telemetry);
    const rules = listenerRules(definitions);
    this.workloads = new Map(
      definitions.map((definition) => {
        const workload = this.#workload(definition, rules.get(definition.name) ?? []);
        awsApis.allowFrom(workload);
        awsApis.allowS3From(workload);
        if (usesRedis(definition)) redis.bind(workload, definition);
        bindCapabilities(capabilities, workload, definition);
        telemetry?.bind(workload);
        migrations.runBefore(workload);
        return [definition.name, workload];
      }),
    );
  }

  /** Made after the migrations, which create the roles that it logs in as. */
  #proxy(migrations: Migrations): PostgresProxy | undefined {
    const { environment, vpc, data } = this.#props;
    const { proxy, maxConnections } = environment.database;
    if (!proxy) return undefined;
    const postgresProxy = new PostgresProxy(this, 'PostgresProxy', {
      vpc,
      postgres: data.postgres,
      proxyName: `headroom-${environment.name}`,
      connectionsPercent: proxyPercent(maxConnections),
    });
    migrations.runBefore(postgresProxy);
    return postgresProxy;
  }

  #capabilities(proxy: PostgresProxy | undefined): Capabilities {
    const { environment, data } = this.#props;
    const queue = queueCapability(data.queues);
    return {
      database: databaseCapability(data.postgres, environment.database.poolSize, proxy),
      sessions: sessionsCapability(data.sessionSecret),
      cache: cacheCapability(data.cache),
      receives: queue,
      watches: queue,
      publishes: topicCapability(data.events),
      mail: mailCapability(data.mail, (name) => tasksOf(environment, name).max),
      siteUrl: siteUrlCapability(environment.siteUrl),
      calls: callsCapability(this.loadBalancer),
      paymentProvider: paymentProviderCapability(
        this.loadBalancer,
        data.paymentProviderKey,
        environment.paymentProviderUrl,
      ),
      sandboxProvider: sandboxProviderCapability(data.paymentProviderKey),
      uploads: uploadsCapability(data.uploads),
    };
  }

  #workload(definition: ServiceDefinition, rules: readonly ListenerRule[]): HttpService | WorkerService {
    const { environment, data } = this.#props;
    const { name } = definition;
    const platform = environment.name === laptop ? 'laptop' : 'fargate';
    const shared = {
      cluster: this.cluster,
      environment: environment.name,
      name,
      image: new ServiceImage(this, `${name}-image`, folderOf(definition), platform).image,
      logGroup: this.#logGroup(name),
      tasks: tasksOf(environment, name),
    };
    const queue = data.queues.get(name);
    return definition.kind === 'service'
      ? new HttpService(this, name, { ...shared, loadBalancer: this.loadBalancer, rules, queue })
      : new WorkerService(this, name, { ...shared, queue: queue! });
  }

  #logGroup(name: string): LogGroup {
    const { logRetention, protect } = this.#props.environment;
    return new LogGroup(this, `${name}-logs`, {
      retention: logRetention,
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
