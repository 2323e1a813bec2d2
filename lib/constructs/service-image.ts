import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';

import { bundle, stage } from '../bundle.ts';
import { stageNative } from '../native.ts';
import type { Platform as NativePlatform } from '../native.ts';
import { root } from '../root.ts';

/**
 * The image of one service: its bundled `main.ts`, the packages that cannot be bundled, the shared Dockerfile and the health
 * check. A change in one service changes no other image.
 */
export class ServiceImage extends Construct {
  readonly image: ContainerImage;

  /** @param folder the folder of the service's `main.ts`, from the root of the repository */
  constructor(scope: Construct, id: string, folder: string, platform: NativePlatform) {
    super(scope, id);
    const asset = stage((directory) => {
      const native = bundle(`${folder}/main.ts`, directory, 'main.js');
      for (const name of native) stageNative(name, directory, platform);
      for (const file of ['Dockerfile', 'health.js']) copyFileSync(join(root, 'app', file), join(directory, file));
      return new DockerImageAsset(this, 'Asset', { directory, platform: Platform.LINUX_ARM64 });
    });
    this.image = ContainerImage.fromDockerImageAsset(asset);
  }
}
