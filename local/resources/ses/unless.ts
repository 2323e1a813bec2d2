/** Returns a handler that passes over errors of SES with one of these codes: the SDK's names of some add `Exception`. */
export const unless =
  (...codes: readonly string[]) =>
  (error: Error): void => {
    if (!codes.some((code) => error.name.startsWith(code))) throw error;
  };
