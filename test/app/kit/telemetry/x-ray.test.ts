import { expect, test } from '@jest/globals';
import { createOtlpExporter } from '../../../../app/kit/telemetry/otlp-exporter.ts';
import { isXRay, signForXRay } from '../../../../app/kit/telemetry/x-ray.ts';

const url = 'https://xray.eu-central-1.amazonaws.com/v1/traces';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' };

/** Exports nothing, and returns the request and the outcome. */
async function send(status: number) {
  let sent: RequestInit = {};
  const request = async (_url: unknown, init: RequestInit = {}) => {
    sent = init;
    return new Response('{"message":"no"}', { status });
  };
  const exporter = createOtlpExporter(url, signForXRay(url, 'eu-central-1', credentials), request);
  const outcome = await new Promise((resolve) => exporter.export([], resolve));
  return { sent, outcome };
}

test('an export is signed with the credentials of the task, for xray in its region, over the body', async () => {
  const { sent, outcome } = await send(200);
  expect(outcome).toEqual({ code: 0 });
  expect(sent.headers).toMatchObject({
    'content-type': 'application/json',
    'x-amz-security-token': 'session',
    'x-amz-content-sha256': expect.stringMatching(/^[\da-f]{64}$/),
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/xray\/aws4_request, SignedHeaders=content-type;host;.*, Signature=[\da-f]{64}$/,
    ),
  });
  expect(JSON.parse(new TextDecoder().decode(sent.body as Uint8Array))).toEqual({ resourceSpans: [] });
});

test('a refusal is the error of the export', async () => {
  const { outcome } = await send(403);
  const error = new Error(`The receiver responded with 403 to ${url}: {"message":"no"}`);
  expect(outcome).toEqual({ code: 1, error });
});

test('X-Ray is known by its host', () => {
  expect(isXRay(url)).toBe(true);
  expect(isXRay('https://otlp.datadoghq.eu/v1/traces')).toBe(false);
  expect(isXRay('https://xray.eu-central-1.amazonaws.com.example.com/v1/traces')).toBe(false);
});
