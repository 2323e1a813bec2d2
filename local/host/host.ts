import type { Assets } from '../kernel/assembly/read-assembly.ts';
import type { Children } from './children.ts';
import type { Ports } from './ports.ts';
import type { Tls } from './tls.ts';

/** The machine and the AWS endpoint, as the resource families use them. */
export interface Host {
  /** Absolute path of `.headroom`; what is in it survives a restart. */
  readonly stateDir: string;
  readonly region: string;
  readonly accountId: string;
  /** The AWS endpoint, the embedded one or another, such as `http://127.0.0.1:4566`. */
  readonly endpointUrl: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The port people open: the CDN's. */
  readonly edgePort: number;
  readonly tls: Tls;
  readonly assets: Assets;
  readonly ports: Ports;
  readonly children: Children;
  /** Appends to `.headroom/logs/<source>.log`. */
  readonly log: (source: string) => NodeJS.WritableStream;
}
