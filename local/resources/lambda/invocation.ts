/** What the process that hosts a handler sends back, once. */
export type Outcome = { readonly result: unknown } | { readonly errorMessage: string };
