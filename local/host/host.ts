import type { Assets } from '../kernel/assembly/read-assembly.ts';
import type { Children } from './children.ts';
import type { Ports } from './ports.ts';
import type { Tls } from './tls.ts';

/** The resources of this machine and the AWS endpoint, for the resource families. */
export interface Host {
  /** Absolute path of `.headroom`, which survives a restart. */
  readonly stateDir: string;
  readonly region: string;
  readonly accountId: string;
  /** URL of the AWS endpoint, embedded or not, such as `http://127.0.0.1:4566`. */
  readonly endpointUrl: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The port of the CDN, which browsers open. */
  readonly edgePort: number;
  readonly tls: Tls;
  readonly assets: Assets;
  /** Whether tasks are containers of their images. @default false */
  readonly containers?: boolean;
  readonly ports: Ports;
  readonly children: Children;
  /** Returns a stream that appends to `.headroom/logs/<source>.log`. */
  readonly log: (source: string) => NodeJS.WritableStream;
}
