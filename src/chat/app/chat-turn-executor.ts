import { Inject, Injectable } from '@nestjs/common';
import type { CompletedStep, HistoryMessage, Sink, StepEvent, StepResult } from '../../kernel/index.js';
import { MESSAGE_STORE, type History, type MessageStore } from '../../thread/index.js';
import type { ExecutedTurn, TurnContext, TurnExecutor } from '../../turn/index.js';
import { WorkflowEngine } from '../../workflow/index.js';

type Asked = Pick<TurnContext, 'caller' | 'threadId' | 'turnId' | 'parentTurnId' | 'request'>;

/** The earlier messages, from the thread or from the client, and what they are based on. */
interface SaidBefore extends Pick<History, 'basis'> {
  readonly messages: readonly HistoryMessage[];
}

/** Runs a turn as steps of its thread's workflow, with what was said in the thread before. */
@Injectable()
export class ChatTurnExecutor implements TurnExecutor {
  constructor(
    @Inject(MESSAGE_STORE) private readonly messages: MessageStore,
    private readonly engine: WorkflowEngine,
  ) {}

  async execute(executed: ExecutedTurn, signal: AbortSignal, tell: Sink<StepEvent>): Promise<StepResult> {
    const { caller, threadId, turnId, epoch, workflow: pinned, request, along, before, leaving } = executed;
    const { messages: history, basis } = await this.saidBefore(executed);
    signal.throwIfAborted();
    const { name: workflow, version } = pinned;
    const going = { threadId, turnId, epoch, before, leaving };
    const turn = { ...request, ...going, caller, workflow, version, history, basis };
    const { run, hasDocuments = true } = along ?? {};
    return this.engine.execute({ ...turn, run, ...(hasDocuments ? {} : { rag: false }) }, signal, tell);
  }

  private async saidBefore({ caller, threadId, turnId, parentTurnId, request }: Asked): Promise<SaidBefore> {
    const { history } = request;
    if (parentTurnId === null) return { messages: history ?? [], basis: { level: 0, documents: [] } };
    if (history === undefined) return this.messages.historyBefore(caller, threadId, turnId);
    // A history sent by the client may contain answers that it has read here.
    return { messages: history, basis: await this.messages.basisBefore(caller, threadId, turnId) };
  }

  completedStep({ turnId }: TurnContext, said: string): Promise<CompletedStep | undefined> {
    return this.engine.recover(turnId, said);
  }
}
