import type pg from 'pg';
import { ChatTurnExecutor } from '../../src/chat/app/chat-turn-executor.js';
import type { AnswerPart, Sink } from '../../src/kernel/index.js';
import type { AskModel } from '../../src/llm/index.js';
import { Database } from '../../src/platform/database/index.js';
import { PostgresMessageStore } from '../../src/thread/adapters/postgres-message-store.js';
import { pinnedThread } from '../../src/thread/adapters/thread-sql.js';
import { PostgresTurnStore } from '../../src/turn/adapters/postgres-turn-store.js';
import type { TurnContext } from '../../src/turn/ports/turn-executor.js';
import { PostgresWorkflowRunStore } from '../../src/workflow/adapters/postgres-workflow-run-store.js';
import { describeTurnExecutor, type ModelBehaviour } from '../contracts/turn-executor.contract.js';
import { newUser } from '../support/callers.js';
import { engineOn } from '../support/engine.js';
import { ALONG, FOREIGN, NO_ATTEMPTS, RUNNING } from '../support/foreign-sql.js';
import { tellThread } from '../support/logged-turns.js';
import { withSharedPool } from '../support/pools.js';
import { contextOf, LEASES, newTurn, NO_NOTIFIER } from '../support/turns.js';

const alice = newUser();

let pool: pg.Pool;
withSharedPool((opened) => (pool = opened));

describeTurnExecutor('a step of the thread’s workflow', () => {
  let behaviour: ModelBehaviour = { says: [] };
  const models = {
    async ask(_question: unknown, signal: AbortSignal, sink: Sink<AnswerPart>) {
      await sink({ type: 'attempt', provider: 'steady', model: 'one' });
      if (behaviour !== 'hangs' && 'throws' in behaviour) throw behaviour.throws;
      const pieces = behaviour === 'hangs' ? ['First'] : behaviour.says;
      for (const text of pieces) await sink({ type: 'text', text });
      if (behaviour === 'hangs') {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw signal.reason;
      }
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
      const said = { text: pieces, reasoning: [] };
      return { provider: 'steady', model: 'one', finishReason: 'stop', usage, toolCalls: [], said };
    },
  } as unknown as AskModel;
  const database = new Database(pool);
  const messages = new PostgresMessageStore(database, FOREIGN);
  const engine = engineOn(new PostgresWorkflowRunStore(database, pinnedThread, RUNNING), models);
  return {
    executor: new ChatTurnExecutor(messages, engine),
    behave: (next) => (behaviour = next),
    async newTurn(): Promise<TurnContext> {
      const threadId = await tellThread(pool, alice, 'guided-intake');
      const turn = newTurn(alice, threadId);
      const accepted = await new PostgresTurnStore(database, LEASES, ALONG, NO_ATTEMPTS, NO_NOTIFIER).accept(
        turn,
      );
      if (accepted.kind !== 'accepted') throw new Error(`the turn is ${accepted.kind}`);
      return contextOf(turn, accepted.workflow);
    },
  };
});
