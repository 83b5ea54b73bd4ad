import { Logger } from '@nestjs/common';
import { MemoryTurnEventLog } from '../../../test/doubles/memory-turn-event-log.js';
import { newUser } from '../../../test/support/callers.js';
import { contextOf, newTurn } from '../../../test/support/turns.js';
import { AppError, type TurnEvent } from '../../kernel/index.js';
import { EventRefusedError, GroupCommit, LogMetrics, ThreadFeeds, TurnWriter } from '../../log/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import type { EventsAlong, FinishedTurn, TurnEnd, TurnStore } from '../ports/turn-store.js';
import type { Ending } from './turn-ending.js';
import { TurnStorage } from './turn-storage.js';

const turn = newTurn(newUser(), 'thread', { turnId: 't1' });
const lease = { context: contextOf(turn), epoch: 1, lastSeq: 0 };

function completed(content: string): Ending {
  return {
    ...{ messageId: 'm1', createdAt: turn.acceptedAt, isStored: false, content, citations: [] },
    ...{ provider: 'one', model: 'two', step: 'reply', workflowRunId: 'r1', openInputs: [] },
    ...{ outcome: 'completed', error: null, basis: { level: 0, documents: [] } },
    result: {
      ...{ finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, citations: [] },
      ...{ toolCalls: [], closing: [] },
      workflow: { workflow: 'chat', runId: 'r1', step: 'reply', status: 'waiting' },
    },
  };
}

const refusal = () => Object.assign(new Error('refused'), { code: '22P05', severity: 'ERROR' });

describe('what a turn comes to', () => {
  let log: MemoryTurnEventLog;
  let writer: TurnWriter;
  let ends: TurnEnd[];
  let published: string[];
  let refuses: (end: TurnEnd) => boolean;
  let storage: TurnStorage;
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['warn', 'error']));
  beforeEach(() => {
    log = new MemoryTurnEventLog();
    log.open('thread', 't1');
    const feeds = new ThreadFeeds({ follow() {}, forget() {}, publish() {}, unfollow() {} });
    const commit = new GroupCommit(log, feeds, new LogMetrics(new Metrics({ METRICS: false })));
    writer = new TurnWriter(commit, 'thread', 't1', 'm1', 1, 0);
    [ends, published, refuses] = [[], [], () => false];
    const store = {
      finish(end: TurnEnd): Promise<FinishedTurn> {
        if (refuses(end)) return Promise.reject(refusal());
        ends.push(end);
        return Promise.resolve({ isStored: true, nextId: undefined });
      },
    } as unknown as TurnStore;
    const publish = (_: string, events: TurnEnd['events']) =>
      published.push(...events.map(({ type }) => type));
    storage = new TurnStorage(store, { publish: (...told) => void publish(...told) }, () => undefined);
  });

  const failed = (error: EventRefusedError): Ending => ({
    ...completed('so far'),
    ...{ outcome: 'failed', error: new AppError('INTERNAL', error.message).toBody() },
  });
  const finish = (ending: Ending) => storage.finish(writer, lease, ending, failed);
  const logged = () => log.threads.get('thread')!.events.map(({ type }) => type);

  describe('the end of a message', () => {
    const complete: TurnEvent = {
      type: 'ai_response',
      data: {
        ...{ messageId: 'm1', content: '', isComplete: true, accumulated: 'Hello' },
        ...{ usage: null, finishReason: 'stop' },
      },
    };
    let along: EventsAlong[];
    const endMessage = () =>
      storage.along(lease, writer, [complete], (_, stored) => {
        if (stored.events.some(({ data }) => data.includes('poison'))) return Promise.reject(refusal());
        along.push(stored);
        return Promise.resolve(true);
      });
    beforeEach(() => {
      along = [];
    });

    it('is stored with the pieces that wait, and what follows comes behind it', async () => {
      writer.piece('ai_response', 'Hello');
      await endMessage();
      expect(log.appends).toBe(0);
      expect(along.map(({ events }) => events.map(({ seq, type }) => `${seq} ${type}`))).toEqual([
        ['1 ai_response', '2 ai_response'],
      ]);
      expect(published).toEqual(['ai_response', 'ai_response']);
      expect(writer.lastSeq).toBe(2);
      await endMessage();
      expect(along.map(({ fromSeq }) => fromSeq)).toEqual([0, 2]);
    });

    it('fails for its pieces where the log refuses them', async () => {
      log.beforeAppend = () => {
        throw refusal();
      };
      writer.piece('ai_response', 'poison');
      await expect(endMessage()).rejects.toThrow(EventRefusedError);
      expect(along).toEqual([]);
    });

    it('comes after its pieces where it cannot be stored with them', async () => {
      writer.piece('ai_response', 'poison');
      await endMessage();
      expect(logged()).toEqual(['ai_response']);
      expect(along.map(({ fromSeq, events }) => [fromSeq, events.length])).toEqual([[1, 1]]);
    });
  });

  describe('its end', () => {
    it('is stored with the pieces that wait, in one statement', async () => {
      writer.piece('ai_response', 'Hel');
      writer.piece('ai_response', 'lo');
      expect((await finish(completed('Hello'))).outcome).toBe('completed');

      expect(log.appends).toBe(0);
      expect(ends).toHaveLength(1);
      const [{ fromSeq, events }] = ends as [TurnEnd];
      expect(fromSeq).toBe(0);
      expect(events.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
        ...['1 ai_response', '2 ai_response', '3 workflow_complete', '4 done'],
      ]);
      expect(JSON.parse(events[0]!.data)).toMatchObject({ content: 'Hello' });
      expect(published).toEqual(events.map(({ type }) => type));
    });

    it('follows what is being written', async () => {
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      log.beforeAppend = () => held;
      writer.piece('ai_response', 'Hel');
      await new Promise(setImmediate);
      writer.piece('ai_response', 'lo');
      const finished = finish(completed('Hello'));
      release();
      await finished;
      expect(logged()).toEqual(['ai_response']);
      expect(ends[0]!.fromSeq).toBe(1);
      expect(ends[0]!.events[0]).toMatchObject({ seq: 2, type: 'ai_response' });
    });

    it('comes after the pieces when it is refused as it is', async () => {
      refuses = ({ events }) => events.some(({ data }) => data.includes('poison'));
      writer.piece('ai_response', 'Hello');
      const ending = completed('poison');
      expect((await finish(ending)).outcome).toBe('failed');
      expect(logged()).toEqual(['ai_response']);
      expect(ends.map(({ fromSeq, outcome }) => ({ fromSeq, outcome }))).toEqual([
        { fromSeq: 1, outcome: 'failed' },
      ]);
    });

    it('is that of a turn that failed when its pieces cannot be stored', async () => {
      const isPoison = (data: string) => data.includes('poison');
      refuses = ({ events }) => events.some(({ data }) => isPoison(data));
      log.beforeAppend = (requests) => {
        if (requests.some(({ events }) => events.some(({ data }) => isPoison(data)))) throw refusal();
      };
      writer.piece('ai_reasoning', 'Hm');
      writer.piece('ai_response', 'poison');
      expect((await finish(completed('Hello'))).outcome).toBe('failed');
      expect(logged()).toEqual(['ai_reasoning']);
      expect(ends.map(({ fromSeq, outcome }) => ({ fromSeq, outcome }))).toEqual([
        { fromSeq: 1, outcome: 'failed' },
      ]);
      expect(ends[0]!.message.content).toBe('so far');
    });
  });
});
