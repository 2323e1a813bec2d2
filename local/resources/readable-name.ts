/** A logical id without the hash that CDK appends: `postgres-primary` for `PostgresPrimaryE59F2C4B`. */
export const readableName = (logicalId: string): string =>
  logicalId
    .replace(/[0-9A-F]{8}$/, '')
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
