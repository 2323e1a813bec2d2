import { AwsError } from './aws-error.ts';

/** The form fields of a request, such as `Destination.ToAddresses.member.1`. */
export type Form = Readonly<Record<string, string>>;
export type SesAction = (form: Form) => string | Promise<string>;

export function required(form: Form, field: string): string {
  const value = form[field];
  if (value === undefined || value === '') throw new AwsError('ValidationError', `The parameter ${field} is required.`);
  return value;
}

/** A list in a query request: `<field>.member.1`, `<field>.member.2`, … */
export function members(form: Form, field: string): string[] {
  const list: string[] = [];
  for (let index = 1; form[`${field}.member.${index}`] !== undefined; index++)
    list.push(form[`${field}.member.${index}`] ?? '');
  return list;
}
