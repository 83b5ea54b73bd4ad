import { Logger } from '@nestjs/common';
import { Metrics } from '../../platform/telemetry/index.js';
import { contextOf, keepResult, saying, toolOf, toolThatSays } from '../../../test/support/tools.js';
import type { ToolCallResult } from '../core/tool-result.js';
import type { Tool, ToolProgress } from '../ports/tool.js';
import { CallTool } from './call-tool.js';
import { ToolMetrics } from './tool-metrics.js';

/** So long, or until it is stopped. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => reject(signal.reason as Error));
  return promise;
}

/** Never comes to an end, and does not care. */
const deaf = toolOf(async function* () {
  yield { progress: 0 };
  await new Promise(() => undefined);
  return saying('never');
});

describe('a call', () => {
  let metrics: Metrics;
  let calls: CallTool;
  let logged: jest.SpyInstance;
  beforeEach(() => {
    jest.useFakeTimers();
    logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    metrics = new Metrics({ METRICS: false });
    calls = new CallTool(new ToolMetrics(metrics), keepResult());
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    logged.mockRestore();
    jest.useRealTimers();
  });

  /** A call under way; what has become of it by now. */
  function begin(tool: Tool) {
    const controller = new AbortController();
    const told: ToolProgress[] = [];
    const state: { result?: ToolCallResult; error?: unknown } = {};
    const call = { tool, args: {}, context: contextOf() };
    calls
      .call(call, controller.signal, (progress) => told.push(progress))
      .then(
        (result) => (state.result = result),
        (error: unknown) => (state.error = error),
      );
    return { state, told, stop: (reason: Error) => controller.abort(reason) };
  }
  const after = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const outcomes = async () => {
    const counted = await metrics.registry.getSingleMetric('threadline_tool_calls_total')!.get();
    return counted.values.map(({ labels, value }) => `${labels['outcome']} ${value}`);
  };

  it('comes to a result, and tells how long it took', async () => {
    const tool = toolOf(async function* () {
      yield { progress: 1 };
      await pause(300);
      return saying('done');
    });
    const { state, told } = begin(tool);
    await after(300);
    expect(state).toEqual({ result: { ok: true, content: 'done', durationMs: 300 } });
    expect(told).toEqual([{ progress: 1 }]);
    expect(await outcomes()).toEqual(['ok 1']);
  });

  it('has what the tool says of what it could not do, within its bound', async () => {
    const tool = toolThatSays(saying('x'.repeat(1_001), false));
    const { state } = begin(tool);
    await after(0);
    expect(state.result).toMatchObject({ ok: false, content: 'x'.repeat(1_000), truncated: true });
    expect(await outcomes()).toEqual(['refused 1']);
  });

  it('tells of progress once a second at most, and of the newest then', async () => {
    const tool = toolOf(async function* () {
      for (let progress = 0; progress < 30; progress += 1) {
        yield { progress };
        await pause(100);
      }
      return saying('done');
    });
    const { state, told } = begin(tool);
    await after(3_000);
    expect(told.map(({ progress }) => progress)).toEqual([0, 10, 20]);
    expect(state.result?.ok).toBe(true);
  });

  it('is out of time without a sign of life, and says so', async () => {
    const { state } = begin(
      toolOf(async function* (signal) {
        yield { progress: 0 };
        await pause(60_000, signal);
        return saying('never');
      }),
    );
    await after(4_999);
    expect(state).toEqual({});
    await after(1);
    expect(state.result).toEqual({
      ok: false,
      content: 'count_up was stopped: it took longer than 5 seconds.',
      durationMs: 5_000,
    });
    expect(await outcomes()).toEqual(['timeout 1']);
    await after(60_000);
  });

  it('may take longer than that while it shows signs of life, and no longer than the total', async () => {
    const tool = toolOf(async function* (signal) {
      for (let progress = 0; ; progress += 1) {
        yield { progress };
        await pause(4_000, signal);
      }
    });
    const { state } = begin(tool);
    await after(19_999);
    expect(state).toEqual({});
    await after(1);
    expect(state.result).toMatchObject({
      ok: false,
      content: 'count_up was stopped: it took longer than 20 seconds.',
    });
    await after(4_000);
  });

  it('ends half a second after its time when the tool does not listen', async () => {
    const { state } = begin(deaf);
    await after(5_499);
    expect(state).toEqual({});
    await after(1);
    expect(state.result).toMatchObject({ ok: false, durationMs: 5_500 });
  });

  it('is stopped with the reason', async () => {
    const reason = new Error('stopped');
    const { state, stop } = begin(
      toolOf(async function* (signal) {
        yield { progress: 0 };
        await pause(60_000, signal);
        return saying('never');
      }),
    );
    await after(1_000);
    stop(reason);
    await after(0);
    expect(state).toEqual({ error: reason });
    expect(await outcomes()).toEqual(['stopped 1']);
    await after(60_000);
  });

  it('is stopped with the reason half a second later when the tool does not listen', async () => {
    const reason = new Error('stopped');
    const { state, stop } = begin(deaf);
    await after(1_000);
    stop(reason);
    await after(499);
    expect(state).toEqual({});
    await after(1);
    expect(state).toEqual({ error: reason });
  });

  it('has the result of a tool that ends well although it was stopped', async () => {
    const { state, stop } = begin(
      toolOf(async function* () {
        yield { progress: 0 };
        await pause(1_200);
        return saying('written');
      }),
    );
    await after(1_000);
    stop(new Error('stopped'));
    await after(200);
    expect(state.result).toMatchObject({ ok: true, content: 'written' });
  });

  it('tells of no progress, and asks for no more, once it is over', async () => {
    let asked = 0;
    const { told, stop } = begin(
      toolOf(async function* () {
        for (;;) {
          asked += 1;
          yield { progress: asked };
          await pause(100);
        }
      }),
    );
    await after(1_050);
    stop(new Error('stopped'));
    await after(600);
    const [toldThen, askedThen] = [told.length, asked];
    await after(10_000);
    expect([told.length, asked]).toEqual([toldThen, askedThen]);
    expect(told.map(({ progress }) => progress)).toEqual([1, 11]);
  });

  it('does nothing when it is stopped before it begins', async () => {
    const reason = new Error('stopped');
    const begun: string[] = [];
    const tool = {
      ...deaf,
      call: () => {
        begun.push('begun');
        return deaf.call({}, contextOf(), new AbortController().signal);
      },
    };
    const call = { tool, args: {}, context: contextOf() };
    await expect(calls.call(call, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(begun).toEqual([]);
  });

  it('ends in words when the tool breaks, which name nothing of why', async () => {
    const { state } = begin(
      toolOf(async function* () {
        yield await Promise.reject<ToolProgress>(new Error('password=secret'));
        return saying('never');
      }),
    );
    await after(0);
    expect(state.result).toEqual({
      ok: false,
      content: "count_up failed for a reason of the server's.",
      durationMs: 0,
    });
    expect(logged).toHaveBeenCalledTimes(1);
    expect(await outcomes()).toEqual(['failed 1']);
  });

  it('ends in words when the tool breaks before it has begun', async () => {
    const broken: Tool = {
      ...deaf,
      call: () => {
        throw new TypeError('broken');
      },
    };
    const { state } = begin(broken);
    await after(0);
    expect(state.result).toMatchObject({ ok: false });
  });
});
