import {
  CLIENT_CAPABILITIES_META_KEY,
  type CallToolResult,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  AwaitTurn,
  FindWaitingTurn,
  GetOrCreateThread,
  PostMessage,
  StartThread,
  type TurnResult,
  type WaitingResult,
} from '../../chat/index.js';
import { AppError, citationSchema, type Caller } from '../../kernel/index.js';
import { AnswerInput, type StartedTurn } from '../../turn/index.js';
import { asOneText } from '../answer-updates.js';
import { content as spoken, threadIdFrom } from '../body-parts.js';
import { answerTo, askedTurn, questionsOf, type AskedTurn } from './ask-questions.js';
import { describedOnce } from './described-once.js';
import type { McpFeature, McpRequest } from './mcp-feature.js';
import { progressOf } from './progress.js';
import { orFailed, outcome } from './tool-outcome.js';

const MAX_KEY_CHARS = 200;

const question = z.object({
  question: spoken.describe('What you want to know or to have done, in whole sentences.'),
  threadId: z.string().max(100).optional().describe('The thread to go on in; a new one without it.'),
  key: z
    .string()
    .regex(/^[\x20-\x7e]+$/, { error: 'takes printable ASCII characters' })
    .max(MAX_KEY_CHARS)
    .optional()
    .describe(
      'Names this question: asked again with the same key, it joins the first one and is not answered twice.',
    ),
  workflow: z.string().min(1).max(64).optional().describe('The workflow of a new thread.'),
  provider: z.string().min(1).max(64).optional(),
  model: z.string().min(1).max(200).optional(),
});
type Question = z.output<typeof question>;
const input = describedOnce(question);

const answer = z.object({
  status: z.enum(['completed', 'waiting']),
  answer: z.string(),
  threadId: z.string(),
  turnId: z.string(),
  citations: z.array(citationSchema),
  inputs: z
    .array(z.object({ id: z.string(), kind: z.string(), prompt: z.string() }))
    .describe('What people have to answer before it goes on, when it waits.'),
});

const output = describedOnce(answer);

/** Asks Threadline: a turn of a thread, which goes on without its client. */
@Injectable()
export class AskTool implements McpFeature {
  constructor(
    private readonly postMessage: PostMessage,
    private readonly startThread: StartThread,
    private readonly getOrCreateThread: GetOrCreateThread,
    private readonly findWaitingTurn: FindWaitingTurn,
    private readonly awaitTurn: AwaitTurn,
    private readonly answerInput: AnswerInput,
  ) {}

  register(server: McpServer, { caller, era }: McpRequest): void {
    server.registerTool(
      'ask',
      {
        title: 'Ask',
        description:
          'Asks the assistant, which may search documents and call tools, and answers with its sources. It goes on when you ' +
          'leave: ask again with the same key to have the answer.',
        inputSchema: input,
        outputSchema: output,
        annotations: {
          readOnlyHint: false,
          destructiveHint: false,
          idempotentHint: false,
          openWorldHint: true,
        },
      },
      (asked, context) => orFailed(() => this.ask(caller, asked, context, era === 'modern')),
    );
  }

  readState(state: string): Promise<AskedTurn | undefined> {
    return Promise.resolve(askedTurn(state));
  }

  private async ask(
    caller: Caller,
    asked: Question,
    context: ServerContext,
    canBeAsked: boolean,
  ): Promise<CallToolResult | InputRequiredResult> {
    const named = context.mcpReq.requestState<AskedTurn>();
    const started =
      named === undefined ? await this.start(caller, asked) : await this.resume(caller, named, context);
    const { signal } = context.mcpReq;
    const result = await this.awaitTurn.answer(caller, started, signal, undefined, progressOf(context));
    if (!('inputs' in result)) return completed(result);
    const { threadId, id: turnId } = result.turn;
    const questions =
      canBeAsked && canFill(context)
        ? questionsOf({ threadId, turnId, firstSeq: started.firstSeq }, result.inputs)
        : undefined;
    return questions ?? waiting(result);
  }

  private async start(caller: Caller, asked: Question): Promise<StartedTurn> {
    const { question: content, threadId, key, provider, model, workflow } = asked;
    const message = { content, provider, model };
    if (threadId !== undefined) return this.postMessage.post(caller, threadIdFrom(threadId), message, key);
    if (key === undefined) return this.startThread.start(caller, message, workflow);
    // Named by the key: asked again, the question finds its thread.
    const id = await this.getOrCreateThread.idFor(caller, `mcp:${key}`, {}, workflow);
    return this.postMessage.post(caller, id, message, key);
  }

  /** Answers what the turn waits for with what the client sends along. */
  private async resume(
    caller: Caller,
    { threadId, turnId, firstSeq }: AskedTurn,
    { mcpReq }: ServerContext,
  ): Promise<StartedTurn> {
    const found = await this.findWaitingTurn.find(caller, threadId, turnId);
    if (found === undefined)
      throw new AppError('NOT_FOUND', 'There is no such question of yours. Ask anew, without a state.');
    for (const input of found.inputs) {
      const answered = answerTo(input, mcpReq.inputResponses);
      if (answered !== undefined) await this.close(caller, input.id, answered);
    }
    return { turn: found.turn, firstSeq };
  }

  /** Somebody may have been first, in another tab: the turn goes on with that answer. */
  private async close(
    caller: Caller,
    id: string,
    answered: Parameters<AnswerInput['answer']>[2],
  ): Promise<void> {
    try {
      await this.answerInput.answer(caller, id, answered);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'STATE_CONFLICT')) throw error;
    }
  }
}

/** Whether the client says that it can fill in forms. */
function canFill({ mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] as
    { readonly elicitation?: unknown } | undefined;
  return capabilities?.elicitation !== undefined;
}

function completed({ response, turn, citations }: TurnResult): CallToolResult {
  const told = { status: 'completed', answer: response, threadId: turn.threadId, turnId: turn.id, citations };
  return outcome({ ...told, inputs: [] }, response);
}

function waiting({ turn, message, inputs }: WaitingResult): CallToolResult {
  const open = inputs.map(({ id, kind, prompt }) => ({ id, kind, prompt }));
  const told = { status: 'waiting', answer: message.content, threadId: turn.threadId, turnId: turn.id };
  const text = asOneText([message.content, ...open.map(({ prompt }) => prompt), ANSWER_ELSEWHERE]);
  return outcome({ ...told, citations: message.citations, inputs: open }, text);
}

const ANSWER_ELSEWHERE =
  'It waits for a person, whom this client cannot ask. Answer it in Threadline, and ask again with the same key.';
