import { Inject, Injectable } from '@nestjs/common';
import { AppError, newId, type Caller } from '../../kernel/index.js';
import {
  MESSAGE_STORE,
  THREAD_STORE,
  type MessageStore,
  type Thread,
  type ThreadStore,
} from '../../thread/index.js';
import type { StartedTurn } from '../../turn/index.js';
import { ForkRun, ReadRun } from '../../workflow/index.js';
import { PostMessage } from './post-message.js';

/** Takes workflow runs up again: from the step that has failed, or from an earlier one in a new thread. */
@Injectable()
export class ContinueRun {
  constructor(
    private readonly runs: ReadRun,
    private readonly forks: ForkRun,
    private readonly postMessage: PostMessage,
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
  ) {}

  /**
   * Sends the message of the turn that has failed once more, to go on with the step at which it did. Throws `NOT_FOUND`,
   * `STATE_CONFLICT` where the run has not failed, and as {@link PostMessage} does.
   */
  async retry(caller: Caller, runId: string): Promise<StartedTurn> {
    const shown = await this.runs.read(caller, runId);
    if (shown === undefined) throw new AppError('NOT_FOUND', 'There is no such workflow run.');
    const last = shown.steps.at(-1);
    if (last?.status !== 'failed' || !shown.active.some(({ at }) => at === last.step)) {
      throw new AppError('STATE_CONFLICT', 'The run has not failed: there is no step to try again.');
    }
    const said = await this.messages.ofTurn(caller, last.turnId);
    const content = said.find(({ role }) => role === 'user')?.content ?? '';
    return this.postMessage.post(caller, shown.run.threadId, { content, after: last.turnId }, undefined);
  }

  /** Makes a thread whose run stands at the step, with what those before it have left. Throws as {@link ForkRun.at} does. */
  async fork(caller: Caller, runId: string, step: string): Promise<Thread> {
    const open = await this.forks.at(caller, runId, step);
    const { workflow, version } = open.run;
    const thread = await this.threads.create(caller, {
      ...{ id: newId(), title: null, workflow, workflowVersion: version, metadata: { forkedFrom: runId } },
      createdAt: new Date().toISOString(),
    });
    await this.forks.begin(caller, thread.id, open);
    return thread;
  }
}
