import { setTimeout as pause } from 'node:timers/promises';
import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/client';
import { isTooDeep } from '../../../platform/json-schema/index.js';
import type { ToolOutput, ToolSuspension } from '../../core/tool-output.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress, ToolResumption } from '../../ports/tool.js';
import type { Failure } from './call-failure.js';
import type { ForeignCall } from './connection.js';
import type { DefinedTool } from './definitions.js';
import { LatestProgress } from './latest-progress.js';
import { NotAnswered, type OpenCall } from './open-call.js';
import { answerTo, questionsOf } from './questions.js';
import { outputOf } from './result-output.js';
import { ServerAway, type ServerSession } from './server-session.js';

const MAX_MESSAGE = 200;
/** UTF-16 code units of what a server wants to be given back. */
const MAX_STATE = 64_000;
/** How often a server may say that it is not done and has no question, and the pause before it is asked again. */
const MAX_AGAIN = 20;
const AGAIN_MS = 1_000;
/** How long the connection of a server waits for a person that asks over it, in milliseconds. */
export const OVER_CONNECTION_MS = 600_000;
const QUESTION = 'question';

type Answer = CallToolResult | InputRequiredResult;
type Open = OpenCall<Answer>;
type Args = Readonly<Record<string, unknown>>;

/** What is left of a call that asks: a state of the server's, or a connection of this process. */
type Left = { readonly requestState?: string } | { readonly parked: string };

/** A tool of an MCP server, called for the person whose session it is. */
export class McpTool implements Tool {
  readonly definition: ToolDefinition;

  constructor(
    private readonly session: ServerSession,
    private readonly defined: DefinedTool,
  ) {
    this.definition = defined.definition;
  }

  async *call(
    args: Args,
    context: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput | ToolSuspension, undefined> {
    signal.throwIfAborted();
    if (isTooDeep(args)) return failed('The arguments have too many levels. Nothing was called.');
    const progress = new LatestProgress();
    const outcome = this.outcome(args, context, progress, signal).finally(() => progress.end());
    outcome.catch(() => undefined);
    yield* progress.read();
    return outcome;
  }

  private async outcome(
    args: Args,
    context: ToolContext,
    progress: LatestProgress,
    signal: AbortSignal,
  ): Promise<ToolOutput | ToolSuspension> {
    const { name } = this.session.target;
    try {
      const { resumed } = context;
      const open = resumed === undefined ? this.begin(args) : this.resume(args, context, resumed);
      if (open === undefined) return failed(lost(name));
      open.report = (told) => progress.put(told);
      return await this.follow(open, args, context, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NotAnswered) return failed(lost(name));
      if (error instanceof ServerAway) return failed(wordsOf(name, error.failure));
      throw error;
    }
  }

  private begin(args: Args, replies?: ForeignCall['replies']): Open {
    // The caller's clocks end it; those of the package are for whoever has none.
    const bounds = { idleMs: OVER_CONNECTION_MS * 2, totalMs: OVER_CONNECTION_MS * 4 };
    const given = replies === undefined ? {} : { replies };
    return this.session.begin((report) => ({
      ...{ tool: this.defined.foreign, args, ...given, ...bounds },
      onProgress: ({ progress, total, message }) =>
        report({
          progress: Number.isFinite(progress) ? progress : 0,
          ...(Number.isFinite(total) && { total }),
          ...(typeof message === 'string' && { message: shortened(message) }),
        }),
    }));
  }

  /** Goes on where the call has asked; absent where that is not there any more. */
  private resume(
    args: Args,
    context: ToolContext,
    { asks, state, answers }: ToolResumption,
  ): Open | undefined {
    const opened = this.session.unseal(state, context);
    if (opened === undefined) return undefined;
    const left = JSON.parse(opened) as Left;
    const replies = Object.fromEntries(
      asks.map((question) => {
        const { outcome, content } = answers[question.key] ?? { outcome: 'cancelled', content: null };
        return [question.key, answerTo(question, outcome, content)];
      }),
    );
    if (!('parked' in left)) return this.begin(args, { inputResponses: replies, ...left });
    const open = this.session.parked.take(left.parked);
    open?.reply(replies[QUESTION] ?? {});
    return open;
  }

  private async follow(
    first: Open,
    args: Args,
    context: ToolContext,
    signal: AbortSignal,
  ): Promise<ToolOutput | ToolSuspension> {
    let open = first;
    for (let again = 0; again < MAX_AGAIN;) {
      const news = await open.next(signal);
      if (news.asked !== undefined) {
        const suspended = this.park(open, news.asked, context);
        if (suspended !== undefined) return suspended;
        // The server goes on as it sees fit.
        open.reply({ action: 'cancel' });
        continue;
      }
      const { answer } = news;
      if (!isInputRequired(answer)) return outputOf(this.defined.foreign, answer);
      const { inputRequests = {}, requestState } = answer;
      if (Object.keys(inputRequests).length > 0) return this.asked(inputRequests, requestState, context);
      again += 1;
      await pause(AGAIN_MS, undefined, { signal });
      const { report } = open;
      open = this.begin(args, { inputResponses: {}, ...(requestState !== undefined && { requestState }) });
      open.report = report;
    }
    return failed(`The MCP server ${this.session.target.name} does not come to an end with this call.`);
  }

  /** A question in the newer era: whoever has the answer goes on, with the state that the server gives along. */
  private asked(
    requests: Readonly<Record<string, unknown>>,
    requestState: string | undefined,
    context: ToolContext,
  ): ToolOutput | ToolSuspension {
    const { name } = this.session.target;
    const unfinished = (why: string) => failed(`The MCP server ${name} has not finished the call. ${why}`);
    if (context.threadId === undefined)
      return unfinished('It asks the user something, and nobody is asked here.');
    const asks = questionsOf(requests);
    if (typeof asks === 'string') return unfinished(asks);
    if ((requestState ?? '').length > MAX_STATE)
      return unfinished('It wants to be given back more than can be kept.');
    const left = requestState === undefined ? {} : { requestState };
    return { asks, state: this.session.seal(JSON.stringify(left), context) };
  }

  /** A question in the older era: the connection is kept open for the answer. */
  private park(open: Open, params: Args, context: ToolContext): ToolSuspension | undefined {
    if (context.threadId === undefined) return undefined;
    const request = { method: 'elicitation/create', params };
    const asks = questionsOf({ [QUESTION]: request }, OVER_CONNECTION_MS);
    if (typeof asks === 'string') return undefined;
    const left = { parked: this.session.parked.park(open, OVER_CONNECTION_MS) };
    return { asks, state: this.session.seal(JSON.stringify(left), context) };
  }
}

function isInputRequired(answer: Answer): answer is InputRequiredResult {
  return (answer as { readonly resultType?: unknown }).resultType === 'input_required';
}

function lost(server: string): string {
  return (
    `The question that the MCP server ${server} has asked the user is lost: the connection over which it waited is gone. ` +
    'Whether the call was carried out is unknown. Tell the user, and do not call it again by yourself.'
  );
}

function wordsOf(server: string, { kind, reason }: Failure): string {
  switch (kind) {
    case 'unauthorized':
      return `The MCP server ${server} did not make the call: it asks for a credential of the user's, which the user has to enter.`;
    case 'refused':
      return `The MCP server ${server} did not make the call. ${reason}`;
    case 'gone':
    case 'unreached':
      return `The MCP server ${server} cannot be reached. Nothing was called. ${reason}`;
    case 'unknown':
      return (
        `Whether the MCP server ${server} has carried out this call is unknown. ${reason} It was not repeated. ` +
        'Tell the user, and do not call it again by yourself.'
      );
  }
}

function shortened(message: string): string {
  return message
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, MAX_MESSAGE)
    .toWellFormed();
}

function failed(words: string): ToolOutput {
  return { ok: false, parts: [{ type: 'text', text: words }] };
}
