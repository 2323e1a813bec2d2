const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A piece of HTML that `html` does not escape again. */
export interface Html {
  readonly markup: string;
}

/** A template tag for HTML: values are escaped, unless they are HTML already; lists are joined. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const markups = values.map((value) => [value].flat().map(toMarkup).join(''));
  return { markup: String.raw({ raw: texts }, ...markups) };
}

function toMarkup(value: string | number | Html): string {
  return typeof value === 'object'
    ? value.markup
    : String(value).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
