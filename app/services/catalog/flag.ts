/** A feature that is on or off for everybody. */
export interface Flag {
  name: string;
  enabled: boolean;
}

export interface FlagStore {
  /** Returns all flags, by name. */
  flags(): Promise<Flag[]>;
}
