import { html, type Html } from './html.ts';
import type { Product } from './store.ts';

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

const style = html`
  :root { color-scheme: light dark; --ink: light-dark(#1d1d24, #ececf1); --soft: light-dark(#6b6b78, #9a9aa8); --line:
  light-dark(#e4e4ea, #2c2c36); --paper: light-dark(#fbfbfd, #131318); --mark: light-dark(#3b4cca, #9aa7ff); } * {
  box-sizing: border-box; } body { margin: 0 auto; padding: 4rem 1.25rem; max-width: 44rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; } h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; }
  p { margin: .25rem 0 2rem; color: var(--soft); } ol { list-style: none; margin: 0; padding: 0; counter-reset: rank; }
  li { counter-increment: rank; display: grid; grid-template-columns: 2rem 1fr auto; gap: 0 1rem; align-items: baseline;
  padding: .8rem 0; border-top: 1px solid var(--line); } li::before { content: counter(rank); color: var(--soft);
  font-variant-numeric: tabular-nums; text-align: right; } a { color: inherit; font-weight: 600; text-decoration: none;
  } a:hover, a:focus-visible { color: var(--mark); text-decoration: underline; } small { grid-column: 2; color:
  var(--soft); } b { font-variant-numeric: tabular-nums; }
`;

/** The home page: the products given, best first. */
export function homePage(products: readonly Product[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Headroom</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Headroom</h1>
        <p>
          ${products.length === 0 ? 'The shelves are empty.' : `The ${products.length} films most people talk about.`}
        </p>
        <ol>
          ${products.map(row)}
        </ol>
      </body>
    </html> `.markup;
}

function row(product: Product): Html {
  const facts = [product.year, product.genre, product.director].filter((fact) => fact !== null).join(' · ');
  return html` <li>
    <a href="/api/products/${encodeURIComponent(product.id)}">${product.name}</a>
    <b>${dollars.format(product.priceCents / 100)}</b>
    <small>${facts}</small>
  </li>`;
}
