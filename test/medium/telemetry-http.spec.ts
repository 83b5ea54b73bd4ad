import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { Public } from '../../src/platform/auth/index.js';
import { startTurnSpan } from '../../src/platform/telemetry/index.js';
import { facts, PARENT_ID, SECRET, startCollector, TRACE_ID } from '../support/trace-collector.js';
import { startTestModule, type TestApp } from './http-test-app.js';

@Controller()
class SampleController {
  @Public()
  @Get('things/:id')
  thing(@Param('id') id: string) {
    return { id };
  }

  @Public()
  @Post('turns')
  async turn(@Body() body: { readonly turnId: string }) {
    const turn = startTurnSpan({ turnId: body.turnId, threadId: 'thread-1' });
    await turn.within(() => Promise.resolve());
    turn.end({ outcome: 'completed' });
    return {};
  }
}

function startApp(environment?: Readonly<Record<string, string>>): Promise<TestApp> {
  const tested = { controllers: [SampleController] };
  return startTestModule(tested, environment === undefined ? {} : { environment });
}

describe('GET /metrics', () => {
  let server: TestApp | undefined;

  afterEach(async () => {
    await server?.app.close();
    server = undefined;
  });

  it('answers anybody in Prometheus’s text format, as often as they ask', async () => {
    server = await startApp({ RATE_LIMIT: '1/hour', RATE_LIMIT_IP: '1/hour' });
    for (let scrape = 0; scrape < 3; scrape += 1) {
      const response = await server.fetch('/metrics');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const text = await response.text();
      expect(text).toMatch(/^# TYPE threadline_http_request_duration_seconds histogram$/m);
      expect(text).toMatch(/^process_resident_memory_bytes \d/m);
      expect(text).not.toMatch(/^(?!#|$|[a-z_\d]+(\{.*\})? [-+.\dNaen]+$).*$/m);
    }
  });

  it('is not found where the operator wants none', async () => {
    server = await startApp({ METRICS: 'false' });
    const response = await server.fetch('/metrics');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is in the document as text that needs no token', async () => {
    server = await startApp();
    const document = (await (await server.fetch('/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.paths['/metrics']?.['get']).toMatchObject({
      operationId: 'getMetrics',
      security: [],
      responses: { 200: { content: { 'text/plain': { schema: { type: 'string' } } } } },
    });
  });

  it('tells requests apart by route and never by path', async () => {
    server = await startApp();
    for (const path of ['/things/1', '/things/2?q=swordfish', '/nowhere/swordfish', '/nowhere/else']) {
      await (await server.fetch(path)).text();
    }
    const text = await (await server.fetch('/metrics')).text();
    const counts = text.match(/^threadline_http_request_duration_seconds_count\{.*$/gm);
    expect(counts).toEqual([
      'threadline_http_request_duration_seconds_count{method="GET",route="/things/:id",status="200"} 2',
      'threadline_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 2',
    ]);
    expect(text).not.toContain('swordfish');
  });
});

describe('a request that comes with a trace', () => {
  it('is what its turn stands below, and another one is not', async () => {
    const collector = await startCollector();
    const server = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    // The body comes after the headers, as over a real network: reading it must not lose the trace.
    const post = (turnId: string, headers: Record<string, string>) =>
      server.fetch('/turns', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        duplex: 'half',
        body: ReadableStream.from(
          (async function* () {
            yield Buffer.from('{ "turnId":');
            await new Promise((resolve) => setTimeout(resolve, 50));
            yield Buffer.from(`"${turnId}" }`);
          })(),
        ),
      });
    await post('traced', { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, baggage: `who=${SECRET}` });
    await post('alone', {});
    await post('garbled', { traceparent: 'swordfish' });
    await server.app.close();
    await collector.close();
    const byTurn = Object.fromEntries(
      collector.spans().map((span) => [facts(span)['threadline.turn.id'], span]),
    );
    expect(Object.keys(byTurn).toSorted()).toEqual(['alone', 'garbled', 'traced']);
    expect(byTurn['traced']).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT_ID });
    for (const id of ['alone', 'garbled']) {
      expect(byTurn[id]?.traceId).not.toBe(TRACE_ID);
      expect(byTurn[id]?.parentSpanId ?? '').toBe('');
    }
    expect(collector.bodies.join()).not.toContain('swordfish');
  });
});
