import { Inject, Injectable } from '@nestjs/common';
import type { CompletedStep } from '../../kernel/index.js';
import type { TurnContext, TurnExecutor } from '../../turn/index.js';
import { WorkflowEngine } from '../../workflow/index.js';
import { MESSAGE_STORE, type MessageStore } from '../ports/message-store.js';
import { THREAD_STORE, type ThreadStore } from '../ports/thread-store.js';

/** Runs a turn as one step of its thread's workflow, with what was said in the thread before. */
@Injectable()
export class ChatTurnExecutor implements TurnExecutor {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    private readonly engine: WorkflowEngine,
  ) {}

  async *execute({ caller, threadId, turnId, request }: TurnContext, signal: AbortSignal) {
    const [thread, history] = await Promise.all([
      this.threads.find(caller, threadId),
      request.history ?? this.messages.historyBefore(threadId, turnId),
    ]);
    signal.throwIfAborted();
    // A thread that was deleted meanwhile has nobody left to answer to.
    if (thread === undefined) throw new Error('the thread is gone');
    const { workflow, workflowVersion: version } = thread;
    return yield* this.engine.execute(
      { ...request, caller, threadId, turnId, workflow, version, history },
      signal,
    );
  }

  takeOver({ turnId }: TurnContext, said: string): Promise<CompletedStep | undefined> {
    return this.engine.takeOver(turnId, said);
  }
}
