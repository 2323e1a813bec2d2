import { invalidField } from '../../kit/problem.ts';

/**
 * The addresses that SES sends to: 7-bit ASCII, a domain with other characters as Punycode
 * (https://docs.aws.amazon.com/ses/latest/APIReference/API_Destination.html). Of those, RFC 5321 (4.1.2, 4.5.3.1.1) leaves a
 * dot-string of 64 bytes at most before the @. SES refuses the quoted form, address literals and domains without a dot.
 */
const deliverable = new RegExp(
  [
    String.raw`^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^${'`'}{|}~-]+(\.[\w!#$%&'*+/=?^${'`'}{|}~-]+)*`,
    String.raw`@([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+([a-z]{2,63}|xn--[a-z\d-]{0,58}[a-z\d])$`,
  ].join(''),
  'i',
);

/** @throws Problem 400 naming `field` if SES would refuse to send to an address */
export function checkAddress(address: string, field: string): void {
  if (deliverable.test(address)) return;
  const fault = 'cannot receive mail: give an address such as ada@example.com, with a non-ASCII domain as Punycode';
  throw invalidField(field, fault, 'Give another address.');
}
