import { SignJWT } from 'jose';
import { TEST_SECRET } from './secret.js';
import { openStream, type OpenedStream } from './sse-client.js';

/** A token for the claims; `sub` is `alice` unless they say otherwise. */
export async function tokenFor(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ sub: 'alice', org: 'acme', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(TEST_SECRET));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever came over the wire
  readonly body: any;
}

/** A client with a token: asks like a real one, over the socket. */
export class TestUser {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async newThread(body: Record<string, unknown> = {}): Promise<string> {
    return (await this.ask('POST', '/chat/threads', body)).body.thread.id;
  }

  stream(
    threadId: string,
    content: string,
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    return this.open(`/chat/threads/${threadId}/messages/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ content, ...more }),
    });
  }

  watch(threadId: string, after?: number, headers: Record<string, string> = {}): Promise<OpenedStream> {
    return this.open(`/chat/threads/${threadId}/stream${after === undefined ? '' : `?after=${after}`}`, {
      headers,
    });
  }

  private open(path: string, init: RequestInit): Promise<OpenedStream> {
    return openStream(this.url + path, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) },
    });
  }
}
