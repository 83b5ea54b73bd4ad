import { createHmac } from 'node:crypto';

/** The headers of a delivery, as Standard Webhooks has them. */
export function signedHeaders(
  { id, body }: { readonly id: string; readonly body: string },
  key: Buffer,
  at: Date,
): Record<string, string> {
  const seconds = Math.floor(at.getTime() / 1_000);
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  };
}
