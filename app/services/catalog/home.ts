import { createTemplate } from '../../kit/template.ts';
import type { Product } from './product.ts';

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

const page = createTemplate<{
  intro: string;
  products: { path: string; name: string; price: string; facts: string }[];
}>(
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>Headroom</title>
<style>
:root {
  color-scheme: light dark; --ink: light-dark(#1d1d24, #ececf1); --soft: light-dark(#6b6b78, #9a9aa8);
  --line: light-dark(#e4e4ea, #2c2c36); --paper: light-dark(#fbfbfd, #131318); --mark: light-dark(#3b4cca, #9aa7ff);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 4rem 1.25rem; max-width: 44rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; }
p { margin: .25rem 0 2rem; color: var(--soft); }
ol { list-style: none; margin: 0; padding: 0; counter-reset: rank; }
li {
  counter-increment: rank; display: grid; grid-template-columns: 2rem 1fr auto; gap: 0 1rem; align-items: baseline;
  padding: .8rem 0; border-top: 1px solid var(--line);
}
li::before { content: counter(rank); color: var(--soft); font-variant-numeric: tabular-nums; text-align: right; }
a { color: inherit; font-weight: 600; text-decoration: none; }
a:hover, a:focus-visible { color: var(--mark); text-decoration: underline; }
small { grid-column: 2; color: var(--soft); }
b { font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>Headroom</h1>
<p>{{intro}}</p>
<ol>
{{#each products}}
<li>
<a href="{{path}}">{{name}}</a>
<b>{{price}}</b>
<small>{{facts}}</small>
</li>
{{/each}}
</ol>
</body>
</html>
`,
  'html',
);

/** Renders the home page with `products`, in their order. */
export function renderHome(products: readonly Product[]): Promise<string> {
  const intro =
    products.length === 0 ? 'The shelves are empty.' : `The ${products.length} films most people talk about.`;
  return page({
    intro,
    products: products.map(({ id, name, priceCents, year, genre, director }) => ({
      path: `/api/products/${encodeURIComponent(id)}`,
      name,
      price: dollars.format(priceCents / 100),
      facts: [year, genre, director].filter((fact) => fact !== null).join(' · '),
    })),
  });
}
