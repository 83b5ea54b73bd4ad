import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver got, and whether it was signed with its key, as it checks that itself. */
export interface Received {
  readonly id: string;
  readonly body: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: Record<string, unknown>;
  };
  readonly isSigned: boolean;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What it does with one delivery: answers with a status, never answers, or closes the connection. */
export type Reaction = number | 'hang' | 'cut' | { readonly status: number; readonly retryAfter: number };

/** A receiver of webhooks on a free port; it answers with 204 unless it is told otherwise. */
export async function startWebhookReceiver(secret: string) {
  const received: Received[] = [];
  const reactions: Reaction[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string | undefined>;
      const id = headers['webhook-id'] ?? '';
      received.push({ id, body: JSON.parse(text), isSigned: isSigned(secret, headers, text), headers });
      react(response, reactions.shift() ?? 204);
      waiting.splice(0).forEach((check) => check());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    host: `127.0.0.1:${port}`,
    received,
    /** What it does with the next deliveries, one after the other. */
    reactsWith: (...next: readonly Reaction[]) => void reactions.push(...next),
    /** Resolves when it has got so many that fit. */
    async got(count: number, fits: (one: Received) => boolean = () => true): Promise<readonly Received[]> {
      for (;;) {
        const found = received.filter(fits);
        if (found.length >= count) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type WebhookReceiver = Awaited<ReturnType<typeof startWebhookReceiver>>;

function react(response: ServerResponse, reaction: Reaction): void {
  if (reaction === 'hang') return;
  if (reaction === 'cut') return void response.destroy();
  if (typeof reaction === 'number') return void response.writeHead(reaction).end();
  response.writeHead(reaction.status, { 'retry-after': String(reaction.retryAfter) }).end();
}

/** As the specification of Standard Webhooks has it. */
function isSigned(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given = '' } = headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest();
  const isRecent = Math.abs(Date.now() / 1_000 - Number(at)) < 300;
  return (
    isRecent &&
    given.split(' ').some((one) => {
      const [version, signature = ''] = one.split(',');
      const bytes = Buffer.from(signature, 'base64');
      return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
    })
  );
}
