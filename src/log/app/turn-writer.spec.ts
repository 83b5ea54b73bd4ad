import { Metrics } from '../../platform/telemetry/index.js';
import { Logger } from '@nestjs/common';
import type { TurnEvent } from '../../kernel/index.js';
import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import { LeaseLostError } from '../core/errors.js';
import { GroupCommit } from './group-commit.js';
import { LogMetrics } from './log-metrics.js';
import { ThreadFeeds } from './thread-feeds.js';
import { TurnWriter } from './turn-writer.js';

const done = { type: 'done', data: { success: true, turnId: 't1', status: 'completed' } } as const;

describe('a turn’s writer', () => {
  let log: MemoryTurnEventLog;
  let commit: GroupCommit;
  let writer: TurnWriter;
  // One of the specs makes the log fail, which is worth a warning everywhere else.
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));
  beforeEach(() => {
    log = new MemoryTurnEventLog();
    log.open('thread', 't1');
    commit = new GroupCommit(
      log,
      new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} }),
      new LogMetrics(new Metrics({ METRICS: false })),
    );
    writer = new TurnWriter(commit, 'thread', 't1', 'm1', 1, 0);
  });

  const stored = () =>
    log.threads.get('thread')!.events.map(({ seq, type, data }) => ({ seq, type, data: JSON.parse(data) }));

  it('numbers events without a gap, in the order they came', async () => {
    writer.event(done);
    writer.piece('ai_response', 'a');
    writer.event(done);
    await writer.stored();

    expect(stored().map(({ seq, type }) => `${seq} ${type}`)).toEqual(['1 done', '2 ai_response', '3 done']);
  });

  it('merges pieces that wait together, and never across another event', async () => {
    writer.piece('ai_response', 'a');
    writer.piece('ai_response', 'b');
    writer.piece('ai_reasoning', 'hm');
    writer.piece('ai_response', 'c');
    await writer.stored();

    expect(stored().map(({ data }) => data.content)).toEqual(['ab', 'hm', 'c']);
  });

  it('sends the same batch again until the log has answered, and writes it once', async () => {
    let failures = 2;
    log.beforeAppend = () => {
      if (failures-- > 0) throw new Error('the connection broke');
    };
    writer.piece('ai_response', 'a');
    await writer.stored();
    writer.piece('ai_response', 'b');
    await writer.stored();

    expect(stored().map(({ data }) => data.content)).toEqual(['a', 'b']);
  });

  const status: TurnEvent = {
    type: 'workflow_status',
    data: {
      ...{
        workflow: 'chat',
        version: 1,
        runId: 'r1',
        step: 'reply',
        stepTitle: 'Reply',
        status: 'step_started',
      },
      progress: { done: 0, total: 1 },
    },
  };

  it('lets a status of the workflow wait for what follows it, and not for long', async () => {
    writer.event(status);
    await new Promise(setImmediate);
    writer.piece('ai_response', 'a');
    await writer.stored();
    expect(log.appends).toBe(1);
    expect(stored().map(({ type }) => type)).toEqual(['workflow_status', 'ai_response']);

    writer.event(status);
    while (stored().length < 3) await new Promise(setImmediate);
    expect(stored()[2]).toMatchObject({ type: 'workflow_status' });
  });

  it('gives what waits to whoever stores it along with something else, and takes it back', async () => {
    expect(writer.canGoAlong).toBe(false);
    writer.piece('ai_response', 'a');
    writer.piece('ai_response', 'b');
    expect(writer.canGoAlong).toBe(true);
    const along = writer.encodeAlong([done]);
    expect(along.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['1 ai_response', '2 done']);
    for (let flushes = 0; flushes < 3; flushes += 1) await new Promise(setImmediate);
    expect(stored()).toEqual([]);

    writer.restore(along.slice(0, 1));
    writer.piece('ai_response', 'c');
    await writer.stored();
    expect(stored().map(({ data }) => data.content)).toEqual(['ab', 'c']);
  });

  it('gives nothing away while a batch is written, nor too much', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    log.beforeAppend = () => held;
    writer.piece('ai_response', 'first');
    await new Promise(setImmediate);
    writer.piece('ai_response', 'second');
    expect(writer.canGoAlong).toBe(false);
    const landed = writer.landed();
    release();
    await landed;
    expect(writer.lastSeq).toBe(1);
    expect(writer.canGoAlong).toBe(true);
    writer.piece('ai_response', 'x'.repeat(65_536));
    expect(writer.canGoAlong).toBe(false);
    await writer.stored();
  });

  it('stops for good once another process has the lease', async () => {
    log.threads.get('thread')!.epoch = 2;
    writer.piece('ai_response', 'a');

    await expect(writer.stored()).rejects.toThrow(LeaseLostError);
    expect(writer.isFull).toBe(true);
    await expect(writer.stored()).rejects.toThrow(LeaseLostError);
    expect(stored()).toEqual([]);
  });

  it('is full while much of it waits for the log', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    log.beforeAppend = () => held;
    writer.piece('ai_response', 'first');
    await new Promise(setImmediate);
    writer.piece('ai_response', 'x'.repeat(300_000));

    expect(writer.isFull).toBe(true);
    release();
    await writer.stored();
    expect(writer.isFull).toBe(false);
    expect(stored()).toHaveLength(2);
  });

  it('shares one statement with the other turns of the process', async () => {
    const writers = Array.from({ length: 20 }, (_, index) => {
      log.open(`thread ${index}`, `turn ${index}`);
      return new TurnWriter(commit, `thread ${index}`, `turn ${index}`, 'm', 1, 0);
    });
    writers.forEach((each) => each.piece('ai_response', 'a'));
    await Promise.all(writers.map((each) => each.stored()));

    expect(log.appends).toBe(1);
  });
});
