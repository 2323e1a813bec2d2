/** Renders the template with `values`. */
export type Template<Values> = (values: Values) => Promise<string>;

/**
 * Creates a Handlebars template for HTML, whose values are escaped, or for plain text. It is strict: rendering throws if a
 * value that the template names is missing. Handlebars is loaded and the template compiled on first use, as they would add
 * to the start-up time of every task.
 */
export function createTemplate<Values>(source: string, format: 'html' | 'text'): Template<Values> {
  let compiled: Promise<(values: Values) => string> | undefined;
  const compile = async () => {
    const { default: handlebars } = await import('handlebars');
    return handlebars.compile<Values>(source, { strict: true, noEscape: format === 'text' });
  };
  return async (values) => (await (compiled ??= compile()))(values);
}
