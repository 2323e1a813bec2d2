/** A logical id without the hash that CDK ends it with. */
export const readableName = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');
