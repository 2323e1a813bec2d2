import { expect, test } from '@jest/globals';
import { checkAddress } from '../../../../app/services/auth/address.ts';

test.each([
  'ada@example.com',
  'Ada.Lovelace+shop@mail.example.co.uk',
  "o'brien_{1}@example.com",
  `${'a'.repeat(64)}@example.com`,
  'ada@xn--bcher-kva.example',
  'ada@example.xn--p1ai',
])('%s is accepted', (address) => {
  expect(() => checkAddress(address, 'email')).not.toThrow();
});

test.each([
  ['"a b"@example.com', 'a quoted local part'],
  ['"ada"@example.com', 'a quoted local part without a space'],
  ['a@b', 'a domain without a dot'],
  ['ada@localhost', 'the name of a host'],
  ['ada@[192.0.2.1]', 'an address literal'],
  ['ada@192.0.2.1', 'an IP address'],
  ['ada..l@example.com', 'two dots'],
  ['.ada@example.com', 'a leading dot'],
  ['ada.@example.com', 'a trailing dot'],
  ['ada@-example.com', 'a label that begins with a hyphen'],
  ['ada@example-.com', 'a label that ends with a hyphen'],
  ['ada@example.com.', 'a trailing dot of the domain'],
  ['andr\u00E9@example.com', 'a local part that is not ASCII'],
  ['ada@b\u00FCcher.example', 'a domain that is not ASCII'],
  [`${'a'.repeat(65)}@example.com`, 'a local part of 65 bytes'],
  [`ada@${'a'.repeat(64)}.com`, 'a label of 64 bytes'],
  ['ada@example.com\n', 'a line break'],
])('%s is refused: it has %s', (address) => {
  expect(() => checkAddress(address, 'email')).toThrow(
    expect.objectContaining({ status: 400, errors: [expect.objectContaining({ field: 'email' })] }),
  );
});
