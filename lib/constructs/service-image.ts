import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';

import { bundle, root, stage } from '../bundle.ts';

/**
 * The image of one service: its bundled `main.ts`, the shared Dockerfile and the health check. A change in one service
 * changes no other image.
 */
export class ServiceImage extends Construct {
  readonly image: ContainerImage;

  /** @param folder the folder of the service's `main.ts`, from the root of the repository */
  constructor(scope: Construct, id: string, folder: string) {
    super(scope, id);
    const asset = stage((directory) => {
      bundle(`${folder}/main.ts`, directory, 'main.js');
      for (const file of ['Dockerfile', 'health.js']) copyFileSync(join(root, 'app', file), join(directory, file));
      return new DockerImageAsset(this, 'Asset', { directory, platform: Platform.LINUX_ARM64 });
    });
    this.image = ContainerImage.fromDockerImageAsset(asset);
  }
}
