import { keepResult } from '../support/tools.js';
import { AppError } from '../../src/kernel/index.js';
import { startChatSpan } from '../../src/llm/app/chat-span.js';
import {
  inSpan,
  Metrics,
  startTracing,
  startTurnSpan,
  type TracingConfig,
} from '../../src/platform/telemetry/index.js';
import { CallTool } from '../../src/tool/index.js';
import { ToolMetrics } from '../../src/tool/app/tool-metrics.js';
import { newUser } from '../support/callers.js';
import { saying, toolOf, toolThatSays } from '../support/tools.js';
import { facts, SECRET, type SentSpan, startCollector } from '../support/trace-collector.js';

const TURN = { turnId: 'turn-1', threadId: 'thread-1' };
const CAUSE = { type: 'turn', ...TURN } as const;
const STATELESS = { type: 'stateless', requestId: 'turn-1' } as const;

function settings(endpoint: string | undefined, content = false): TracingConfig {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_SERVICE_NAME: 'our-chat',
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: content,
  };
}

describe('traces', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;

  beforeEach(async () => {
    collector = await startCollector();
  });
  afterEach(() => collector.close());

  async function traced(work: () => Promise<void>, content = false): Promise<SentSpan[]> {
    const tracing = await startTracing(settings(collector.url, content));
    await work().finally(() => tracing.shutdown());
    return collector.spans();
  }

  function ask(): void {
    const span = startChatSpan({ provider: 'claude', model: 'big', operation: 'chat', cause: CAUSE });
    span.firstToken(250);
    span.content?.(
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: SECRET },
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 'c1', name: 'look', arguments: '{"at":"sea"}' }],
        },
        { role: 'tool', toolCallId: 'c1', content: 'a fish' },
      ],
      { content: `I heard: ${SECRET}`, finishReason: 'stop' },
    );
    span.end({
      outcome: 'completed',
      finishReason: 'stop',
      responseModel: 'big-2',
      usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10, cachedTokens: 2, reasoningTokens: 1 },
    });
  }

  it('tell of a model call in the words of the GenAI conventions, below its turn', async () => {
    const spans = await traced(async () => {
      const turn = startTurnSpan(TURN);
      await turn.within(async () => {
        await Promise.resolve();
        ask();
      });
      turn.end({ outcome: 'completed' });
    });
    const chat = spans.find(({ name }) => name === 'chat big');
    const turn = spans.find(({ name }) => name === 'turn');
    expect(spans).toHaveLength(2);
    expect(chat).toMatchObject({ kind: 3, traceId: turn?.traceId, parentSpanId: turn?.spanId });
    expect(chat && facts(chat)).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'big',
      'gen_ai.request.stream': true,
      'gen_ai.conversation.id': 'thread-1',
      'gen_ai.response.model': 'big-2',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': 0.25,
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 1,
      'threadline.turn.id': 'turn-1',
      'threadline.attempt.outcome': 'completed',
    });
    expect(turn && facts(turn)).toEqual({
      'threadline.turn.id': 'turn-1',
      'gen_ai.conversation.id': 'thread-1',
      'threadline.turn.outcome': 'completed',
    });
  });

  it('tell of each round and of each call in it, and what it came to', async () => {
    const calls = new CallTool(new ToolMetrics(new Metrics({ METRICS: false })), keepResult());
    const signal = new AbortController().signal;
    const context = { caller: newUser(), ...TURN, callId: 'call_1' };
    const call = (ok: boolean, args = { note: SECRET }) =>
      calls.call({ tool: toolThatSays(saying(SECRET, ok), { name: 'count_up' }), args, context }, signal);
    const spans = await traced(() =>
      inSpan('round', { 'threadline.round': 1 }, async () => {
        ask();
        await Promise.all([call(true), call(false)]);
      }),
    );
    const round = spans.find(({ name }) => name === 'round');
    const [made, refused] = spans.filter(({ name }) => name === 'execute_tool count_up');
    expect(spans.filter(({ parentSpanId }) => parentSpanId === round!.spanId)).toHaveLength(3);
    expect(facts(made!)).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'count_up',
      'gen_ai.tool.type': 'extension',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.conversation.id': 'thread-1',
      'threadline.turn.id': 'turn-1',
      'threadline.tool.outcome': 'ok',
    });
    expect(facts(refused!)).toMatchObject({ 'threadline.tool.outcome': 'refused' });
    expect(collector.bodies.join()).not.toContain('swordfish');

    const captured = (await traced(async () => void (await call(true)), true)).at(-1);
    expect(captured && facts(captured)).toMatchObject({
      'gen_ai.tool.call.arguments': JSON.stringify({ note: SECRET }),
      'gen_ai.tool.call.result': SECRET,
    });
  });

  it('have what a tool asks of a model below its call, and say how a call failed', async () => {
    const calls = new CallTool(new ToolMetrics(new Metrics({ METRICS: false })), keepResult());
    const tool = toolOf(
      async function* (signal) {
        yield { progress: 1 };
        ask();
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        );
        return saying('late');
      },
      { limits: { idleMs: 1_000, totalMs: 50, maxResultChars: 10 } },
    );
    const context = { caller: newUser(), ...TURN, callId: 'call_1' };
    const spans = await traced(
      async () => void (await calls.call({ tool, args: {}, context }, new AbortController().signal)),
    );
    const call = spans.find(({ name }) => name.startsWith('execute_tool'))!;
    expect(spans.find(({ name }) => name === 'chat big')!.parentSpanId).toBe(call.spanId);
    expect([call.status.code, facts(call)['error.type']]).toEqual([2, 'timeout']);
  });

  it('go to the traces path below the configured address, and say whose they are', async () => {
    for (const base of ['', '/', '/otlp', '/otlp/']) {
      const tracing = await startTracing(settings(`${collector.url}${base}`));
      ask();
      await tracing.shutdown();
    }
    expect(collector.paths).toEqual(['/v1/traces', '/v1/traces', '/otlp/v1/traces', '/otlp/v1/traces']);
    const [resource] = collector.sent().map(({ resourceSpans }) => resourceSpans[0]?.resource);
    expect(resource && facts(resource)).toMatchObject({
      'service.name': 'our-chat',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it('hold nothing that anybody wrote', async () => {
    await traced(async () => {
      ask();
      await inSpan('breaking', { count: 1 }, () => Promise.reject(new Error(SECRET))).catch(() => undefined);
    });
    expect(collector.spans()).toHaveLength(2);
    expect(collector.bodies.join()).not.toContain('swordfish');
    expect(collector.bodies.join()).not.toContain('messages');
  });

  it('hold question and answer when the operator asks for it', async () => {
    const [chat] = await traced(() => Promise.resolve(ask()), true);
    const { 'gen_ai.input.messages': input, ...rest } = chat ? facts(chat) : {};
    expect(JSON.parse(String(input))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: SECRET }] },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'look', arguments: '{"at":"sea"}' }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'a fish' }] },
    ]);
    expect(JSON.parse(String(rest['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: `I heard: ${SECRET}` }], finish_reason: 'stop' },
    ]);
    expect(JSON.parse(String(rest['gen_ai.system_instructions']))).toEqual([
      { type: 'text', content: 'Be brief.' },
    ]);
  });

  it('say that a call failed, and with which code', async () => {
    const spans = await traced(async () => {
      const chat = startChatSpan({ provider: 'groq', model: 'fast', operation: 'chat', cause: STATELESS });
      chat.end({ outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT' });
      const turn = startTurnSpan(TURN);
      turn.end({ outcome: 'failed', errorCode: 'PROVIDER_TIMEOUT' });
      const gone = startChatSpan({ provider: 'groq', model: 'slow', operation: 'chat', cause: STATELESS });
      gone.end({ outcome: 'cancelled' });
      await Promise.resolve();
    });
    const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
    for (const name of ['chat fast', 'turn']) {
      expect(byName[name]?.status).toEqual({ code: 2 });
      expect(facts(byName[name] as SentSpan)).toMatchObject({ 'error.type': 'PROVIDER_TIMEOUT' });
    }
    expect(byName['chat slow']?.status.code).toBe(0);
    expect(facts(byName['chat slow'] as SentSpan)).not.toHaveProperty(['gen_ai.conversation.id']);
  });

  it('nest work inside work, give its result and pass its error on', async () => {
    const refusal = new AppError('NOT_FOUND', SECRET);
    const spans = await traced(async () => {
      const result = await inSpan('outer', { kind: 'test', count: 2, ok: true }, () =>
        inSpan('inner', {}, () => Promise.resolve('done')),
      );
      expect(result).toBe('done');
      await expect(inSpan('refused', {}, () => Promise.reject(refusal))).rejects.toBe(refusal);
    });
    const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
    expect(byName['inner']?.parentSpanId).toBe(byName['outer']?.spanId);
    expect(facts(byName['outer'] as SentSpan)).toEqual({ kind: 'test', count: 2, ok: true });
    expect(byName['refused']).toMatchObject({ status: { code: 2 }, events: [] });
    expect(facts(byName['refused'] as SentSpan)).toEqual({ 'error.type': 'NOT_FOUND' });
  });

  it('keep turns that run at the same time apart', async () => {
    const spans = await traced(async () => {
      await Promise.all(
        ['a', 'b', 'c'].map(async (id) => {
          const turn = startTurnSpan({ turnId: id, threadId: id });
          await turn.within(async () => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            const chat = startChatSpan({
              provider: 'openai',
              model: id,
              operation: 'chat',
              cause: { ...CAUSE, turnId: id },
            });
            chat.end({ outcome: 'completed' });
          });
          turn.end({ outcome: 'completed' });
        }),
      );
    });
    const turns = spans.filter(({ name }) => name === 'turn');
    expect(turns).toHaveLength(3);
    for (const turn of turns) {
      const chat = spans.find(({ parentSpanId }) => parentSpanId === turn.spanId);
      expect(chat && facts(chat)['threadline.turn.id']).toBe(facts(turn)['threadline.turn.id']);
    }
  });

  it('are nowhere, and in nobody’s way, without an address to send them to', async () => {
    const tracing = await startTracing(settings(undefined, true));
    const turn = startTurnSpan(TURN);
    const chat = startChatSpan({ provider: 'openai', model: 'gpt', operation: 'chat', cause: CAUSE });
    expect(chat).not.toHaveProperty('content');
    chat.firstToken(1);
    chat.end({ outcome: 'completed' });
    expect(turn.within(() => 'done')).toBe('done');
    turn.end({ outcome: 'completed' });
    await expect(inSpan('work', {}, () => Promise.resolve(1))).resolves.toBe(1);
    await tracing.shutdown();
    expect(collector.bodies).toEqual([]);
  });

  it('that nobody takes are lost with one warning and do not hold up the end', async () => {
    const refusing = await startCollector(400);
    const warnings: string[] = [];
    const tracing = await startTracing(settings(refusing.url), (problem) => warnings.push(problem));
    ask();
    await tracing.shutdown();
    await refusing.close();
    expect(refusing.paths).toEqual(['/v1/traces']);
    expect(warnings).toEqual([expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT')]);

    const absent = await startTracing(settings(refusing.url));
    ask();
    await absent.shutdown();
  });
});
