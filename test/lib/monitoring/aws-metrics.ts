interface Documented {
  /** Where AWS documents the metrics and their dimensions. */
  readonly page: string;
  readonly names: readonly string[];
  /** Each list of dimensions that the metrics are published with. */
  readonly dimensions: readonly (readonly string[])[];
}

/** The metrics of AWS that alarms and dashboards may name, by namespace. */
export const awsMetrics: Readonly<Record<string, readonly Documented[]>> = {
  'AWS/CloudFront': [
    {
      page: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html',
      names: ['Requests', 'BytesDownloaded', 'BytesUploaded', '4xxErrorRate', '5xxErrorRate'],
      dimensions: [['DistributionId', 'Region']],
    },
  ],
  'AWS/ApplicationELB': [
    {
      page: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html',
      names: [
        'RequestCount',
        'HTTPCode_ELB_5XX_Count',
        'HTTPCode_Target_5XX_Count',
        'ActiveConnectionCount',
        'RejectedConnectionCount',
      ],
      dimensions: [['LoadBalancer']],
    },
    {
      page: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html',
      names: ['TargetResponseTime'],
      dimensions: [['LoadBalancer'], ['LoadBalancer', 'TargetGroup']],
    },
    {
      page: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html',
      names: ['UnHealthyHostCount'],
      dimensions: [['LoadBalancer', 'TargetGroup']],
    },
  ],
  'AWS/ECS': [
    {
      page: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html',
      names: ['CPUUtilization', 'MemoryUtilization'],
      dimensions: [['ClusterName', 'ServiceName']],
    },
  ],
  'ECS/ContainerInsights': [
    {
      page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html',
      names: ['RunningTaskCount'],
      dimensions: [['ClusterName', 'ServiceName']],
    },
  ],
  'AWS/SQS': [
    {
      page: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html',
      names: [
        'ApproximateAgeOfOldestMessage',
        'ApproximateNumberOfMessagesVisible',
        'ApproximateNumberOfMessagesNotVisible',
      ],
      dimensions: [['QueueName']],
    },
  ],
  'AWS/RDS': [
    {
      page: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html',
      names: [
        'CPUUtilization',
        'DatabaseConnections',
        'FreeStorageSpace',
        'FreeableMemory',
        'ReadLatency',
        'WriteLatency',
        'ReplicaLag',
      ],
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/dimensions.html
      dimensions: [['DBInstanceIdentifier']],
    },
  ],
  'AWS/ElastiCache': [
    {
      page: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html',
      names: ['DatabaseMemoryUsagePercentage', 'EngineCPUUtilization'],
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#ElastiCache
      dimensions: [['CacheClusterId']],
    },
    {
      page: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html',
      names: ['CurrConnections', 'Evictions'],
      // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CloudWatchMetrics.html
      dimensions: [['CacheClusterId', 'CacheNodeId']],
    },
  ],
  'AWS/SES': [
    {
      page: 'https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html',
      names: ['Reputation.BounceRate', 'Reputation.ComplaintRate'],
      dimensions: [[]],
    },
  ],
  'AWS/NATGateway': [
    {
      page: 'https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html',
      names: ['ErrorPortAllocation'],
      dimensions: [['NatGatewayId']],
    },
  ],
  'AWS/EC2': [
    {
      page: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html',
      names: ['StatusCheckFailed'],
      dimensions: [['InstanceId']],
    },
  ],
};
