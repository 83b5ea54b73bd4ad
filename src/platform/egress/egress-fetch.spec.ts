import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { startWebsite, type Website } from '../../../test/doubles/website.js';
import { EgressAllow } from './egress-allow.js';
import { EgressError } from './egress-error.js';
import { egressFetch, type EgressFetchOptions } from './egress-fetch.js';

const OPTIONS: EgressFetchOptions = {
  ...{ allow: new EgressAllow(['127.0.0.1']), userAgent: 'Test/1', headersMs: 10_000 },
  ...{ maxBytes: 1_000, maxEventBytes: 100, maxStreamBytes: 1_000 },
};

const textOf = async (request: IncomingMessage) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

describe('a fetch under guard', () => {
  let website: Website;
  beforeAll(async () => {
    website = await startWebsite();
  });
  afterAll(() => website.close());
  const ask = (path: string, init?: RequestInit, change: Partial<EgressFetchOptions> = {}) =>
    egressFetch({ ...OPTIONS, ...change })(`${website.url}${path}`, init);
  const refusal = async (asked: Promise<unknown>) => {
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EgressError);
    return error as EgressError;
  };

  it('sends what it is given, and gives back what is answered', async () => {
    const seen: string[] = [];
    website.serve({
      '/rpc': (request, response) =>
        void textOf(request).then((text) => {
          seen.push(
            `${request.method} ${text} ${String(request.headers['x-key'])} ${request.headers['user-agent']}`,
          );
          response.writeHead(201, { 'content-type': 'application/json', 'x-a': ['1', '2'] }).end('{"a":"ä"}');
        }),
    });
    const response = await ask('/rpc', { method: 'POST', body: '{"b":"ö"}', headers: { 'X-Key': 'k' } });
    expect([response.status, response.headers.get('x-a')]).toEqual([201, '1, 2']);
    expect(await response.json()).toEqual({ a: 'ä' });
    expect(seen).toEqual(['POST {"b":"ö"} k Test/1']);
  });

  it('leaves redirects to whoever asks', async () => {
    website.serve({ '/away': { status: 307, headers: { location: 'http://10.0.0.1/' } } });
    const response = await ask('/away', { method: 'POST', body: 'x', headers: { authorization: 'secret' } });
    expect([response.status, response.headers.get('location')]).toEqual([307, 'http://10.0.0.1/']);
  });

  it('reaches nothing that is not public, unless it is allowed', async () => {
    const before = website.connections.total;
    const error = await refusal(ask('/rpc', {}, { allow: new EgressAllow() }));
    expect([error.rule, error.mayHaveArrived]).toEqual(['address', false]);
    expect(website.connections.total).toBe(before);
  });

  it('says whether the server may have got the request', async () => {
    website.serve({ '/cut': (request) => request.socket.destroy() });
    expect((await refusal(ask('/cut', { method: 'POST', body: 'x' }))).mayHaveArrived).toBe(true);
    const closed = await startWebsite();
    await closed.close();
    const error = await refusal(egressFetch(OPTIONS)(closed.url, { method: 'POST', body: 'x' }));
    expect([error.rule, error.mayHaveArrived]).toEqual(['connection', false]);
  });

  it('waits so long for an answer, and not longer', async () => {
    website.serve({ '/silent': () => undefined });
    const error = await refusal(ask('/silent', {}, { headersMs: 50 }));
    expect([error.rule, error.mayHaveArrived]).toEqual(['time', true]);
  });

  it('reads so much of a body, and closes the connection then', async () => {
    website.serve({
      '/much': (_request, response) => response.writeHead(200).write('x'.repeat(2_000)),
      '/announced': { body: 'x'.repeat(1_001) },
    });
    for (const path of ['/much', '/announced']) {
      const response = await ask(path);
      expect((await refusal(response.text())).rule).toBe('size');
    }
  });

  it('reads so much of one event, and so much of all of them', async () => {
    const stream = (...pieces: readonly string[]) => ({
      headers: { 'content-type': 'text/event-stream' },
      body: pieces.join(''),
    });
    website.serve({
      '/events': stream('data: 1\n\n'.repeat(100)),
      '/crlf': stream('data: 1\r\n\r\n'.repeat(80)),
      '/one': stream('data: 1\n\n', 'data: 1\n'.repeat(20)),
      '/all': stream('data: 1\n\n'.repeat(200)),
    });
    expect((await (await ask('/events')).text()).length).toBe(900);
    expect((await (await ask('/crlf')).text()).length).toBe(880);
    expect((await refusal((await ask('/one')).text())).rule).toBe('size');
    expect((await refusal((await ask('/all')).text())).rule).toBe('size');
  });

  it('is over with the signal, also in the middle of a body', async () => {
    const reason = new Error('stopped');
    await expect(ask('/rpc', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    website.serve({
      '/endless': (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hi\n\n'),
    });
    const controller = new AbortController();
    const response = await ask('/endless', { signal: controller.signal });
    const [socket] = [...website.sockets].slice(-1);
    const closed = once(socket!, 'close');
    const read = response.text();
    controller.abort(reason);
    await expect(read).rejects.toThrow();
    await closed;
  });

  it('closes the connection when nobody reads on', async () => {
    const response = await ask('/endless');
    const [socket] = [...website.sockets].slice(-1);
    const closed = once(socket!, 'close');
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await closed;
  });
});
