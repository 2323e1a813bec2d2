import { createTemplate } from '../../kit/template.ts';
import type { Mail } from './mail.ts';

interface Values {
  heading: string;
  intro: string;
  link: string;
  action: string;
  outro: string;
}

const text = createTemplate<Values>(
  `{{intro}}

{{link}}

{{outro}}
`,
  'text',
);

const html = createTemplate<Values>(
  `<!doctype html>
<html lang="en">
<body style="font-family: sans-serif; line-height: 1.5">
<h1 style="font-size: 1.25em">{{heading}}</h1>
<p>{{intro}}</p>
<p><a href="{{link}}">{{action}}</a></p>
<p>{{outro}}</p>
</body>
</html>
`,
  'html',
);

async function render(values: Values): Promise<Mail> {
  return { subject: values.heading, text: await text(values), html: await html(values) };
}

/** Renders the mail that asks to confirm an address. */
export const renderVerification = (link: string): Promise<Mail> =>
  render({
    heading: 'Confirm your e-mail address',
    intro:
      'Somebody, most likely you, opened an account with this address. To confirm it, open this link within a day:',
    link,
    action: 'Confirm this address',
    outro:
      'If it was not you, ignore this mail. Until the address is confirmed, we write only about orders paid from the account.',
  });

/** Renders the mail with which a forgotten password is replaced. */
export const renderReset = (link: string): Promise<Mail> =>
  render({
    heading: 'Set a new password',
    intro:
      'Somebody, most likely you, forgot the password of your account. To set a new one, open this link within an hour:',
    link,
    action: 'Set a new password',
    outro: 'If it was not you, ignore this mail: your password stays as it is.',
  });
