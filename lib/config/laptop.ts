/** The environment of the laptop. Without an account of its own, it must not be part of `cdk deploy --all`. */
export const laptop = 'local';
