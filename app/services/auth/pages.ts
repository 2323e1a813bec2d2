import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const style = `:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 4rem 1.25rem; max-width: 28rem; font: 1rem/1.5 system-ui, sans-serif; }
input, button { font: inherit; padding: .4rem .8rem; }
input { display: block; margin: .25rem 0 1rem; width: 100%; box-sizing: border-box; }`;

/** Sends the token, which is in the fragment, and the fields of the form to the path of the page, as JSON. */
const script = `const form = document.forms[0];
const output = document.querySelector('output');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: location.hash.slice(1), ...Object.fromEntries(new FormData(form)) });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(location.pathname, { method: 'POST', headers, body });
  if (response.ok) {
    output.textContent = form.dataset.done;
    return form.remove();
  }
  const { title, detail, errors = [] } = await response.json();
  output.textContent = [title, detail, ...errors.map(({ field, detail }) => field + ' ' + detail)].join(' - ');
});`;

const sourceOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const headers = {
  'content-security-policy': `default-src 'none'; script-src ${sourceOf(script)}; style-src ${sourceOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const page = (title: string, form: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${form}
<p><output></output></p>
<script>${script}</script>
</body>
</html>
`;

/** Asks for a click, since scanners of mails follow links, some of them with scripts. */
export const verificationPage = page(
  'Confirm your e-mail address',
  `<form data-done="Your address is confirmed."><button>Confirm</button></form>`,
);

export const resetPage = page(
  'Set a new password',
  `<form data-done="Your password is set. Sign in with it.">
<label>New password <input type="password" name="password" autocomplete="new-password" minlength="8" required /></label>
<button>Set password</button>
</form>`,
);

export const sendPage = (reply: FastifyReply, html: string) =>
  reply.headers(headers).type('text/html; charset=utf-8').send(html);
