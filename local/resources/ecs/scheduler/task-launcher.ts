/** Starts the tasks of services, as processes or as containers. */
export interface TaskLauncher {
  /**
   * Resolves once the task has been started.
   * @throws Error when its environment cannot be read or its command cannot be run
   */
  launch(id: string, definition: LaunchDefinition): Promise<LaunchedTask>;
}

/** What a task runs, as its task definition and its image state it. */
export interface LaunchDefinition {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Absolute path of the working directory, for a container of the directory its image is built from. */
  readonly directory: string;
  /** @default - a process */
  readonly container?: ContainerLaunch;
  /** Called for each task, since secrets may have changed. The launcher adds the address to listen on: HOST and PORT. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  /** Receives each line that the task writes, after its id. */
  readonly log: NodeJS.WritableStream;
}

/** What a container is made of. */
export interface ContainerLaunch {
  /** Id of the image. */
  readonly image: string;
  /** Further options of `docker run`. */
  readonly options: readonly string[];
}

/** A running task. */
export interface LaunchedTask {
  readonly id: string;
  /** Where it is expected to listen. */
  readonly address: { readonly host: string; readonly port: number };
  /** Resolves when it has ended, with the reason: `exit code 1` or `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Runs a command beside it, with its environment. Resolves with whether the exit code was 0 within the timeout. */
  exec(command: readonly string[], timeoutMs: number): Promise<boolean>;
  signal(name: NodeJS.Signals): void;
  /** The last lines that it wrote. */
  logs(): readonly string[];
  /** What `status` shows of it. */
  describe(): { readonly port: number; readonly pid: number };
}
