/** What people call a resource: its logical id without the hash that CDK ends it with, `PostgresPrimaryE59F2C4B` as `postgres-primary`. */
export const readableName = (logicalId: string): string =>
  logicalId
    .replace(/[0-9A-F]{8}$/, '')
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
