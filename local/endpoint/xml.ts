import { randomUUID } from 'node:crypto';
import { parseXML } from '@aws-sdk/xml-builder';
import { AwsError } from './aws-error.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
}

/** An element without attributes; text is escaped, elements are not. */
export const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/** An XML element: its text, or its children by name, a list for a name that occurs more than once. */
export type XmlValue = string | XmlElement;
export interface XmlElement {
  readonly [name: string]: XmlValue | readonly XmlValue[] | undefined;
}

/**
 * Parses a document with this root element.
 * @throws AwsError `MalformedXML`, as S3 does
 */
export function readXml(document: string, root: string): XmlElement {
  try {
    const content = (parseXML(document) as XmlElement)[root];
    if (content === '') return {};
    if (typeof content === 'object') return content as XmlElement;
  } catch {
    // Reported below, with other documents that are not the expected one.
  }
  throw new AwsError('MalformedXML', `The XML you provided is not a well-formed ${root} document.`);
}

/** The children of one name. */
export function children(parent: XmlElement, name: string): readonly XmlElement[] {
  return list(parent[name]).map((child) => (typeof child === 'string' ? {} : child));
}

/** The texts of the children of one name. */
export function texts(parent: XmlElement, name: string): readonly string[] {
  return list(parent[name]).filter((child) => typeof child === 'string');
}

function list(value: XmlElement[string]): readonly XmlValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as XmlValue];
}

/** A response of the query protocol, which SES uses. */
export function queryResult(action: string, namespace: string, result: string): string {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  return `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`;
}

export function queryError({ code, message, status }: AwsError, namespace: string): string {
  const type = status < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`;
}

/** An error of the S3 API. */
export function s3Error({ code, message }: AwsError): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
}
