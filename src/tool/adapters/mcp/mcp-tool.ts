import { setTimeout as pause } from 'node:timers/promises';
import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/client';
import { PROCESS_ID } from '../../../kernel/index.js';
import { isTooDeep } from '../../../platform/json-schema/index.js';
import type { ToolOutput, ToolSuspension } from '../../core/tool-output.js';
import type { ModelSampler, SamplingRequest } from '../../ports/model-sampler.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress, ToolResumption } from '../../ports/tool.js';
import { rootsResult } from './answer-server.js';
import { askedOfClient, type AskedOfClient } from './asked-of-client.js';
import { EndsWith, failed, failureWords, lost, unfinished } from './call-words.js';
import type { ForeignCall } from './connection.js';
import type { DefinedTool } from './definitions.js';
import { LatestProgress } from './latest-progress.js';
import { NotAnswered, type OpenCall, type Reply, type ServerRequest } from './open-call.js';
import { elicitationReply, samplingReply } from './replies.js';
import { outputOf } from './result-output.js';
import { MAX_SAMPLINGS } from './sampling.js';
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
/** How often it is said that a model is being asked, in milliseconds. */
const BEAT_MS = 10_000;
const TOO_OFTEN = `It has had a model asked ${MAX_SAMPLINGS} times in this call, which is as often as it may.`;

type Answer = CallToolResult | InputRequiredResult;
type Open = OpenCall<Answer>;
type Args = Readonly<Record<string, unknown>>;

/** What a call is made with, each time that it is gone on with. */
interface Work {
  readonly args: Args;
  readonly context: ToolContext;
  readonly progress: LatestProgress;
  readonly signal: AbortSignal;
}

/** What is left of a call that asks: a state of the server's, or a connection of this process. */
interface Left extends Partial<Pick<AskedOfClient, 'samplings' | 'roots'>> {
  readonly requestState?: string;
  readonly parked?: string;
  /** How often the call has had a model asked, these times among them. */
  readonly sampled?: number;
}

/** A tool of an MCP server, called for the person whose session it is. */
export class McpTool implements Tool {
  readonly definition: ToolDefinition;

  constructor(
    private readonly session: ServerSession,
    private readonly defined: DefinedTool,
    private readonly sampler: ModelSampler,
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
    const outcome = this.outcome({ args, context, progress, signal }).finally(() => progress.end());
    outcome.catch(() => undefined);
    yield* progress.read();
    return outcome;
  }

  private async outcome(work: Work): Promise<ToolOutput | ToolSuspension> {
    const { name } = this.session.target;
    const { resumed } = work.context;
    try {
      const open = resumed === undefined ? this.begin(work) : await this.resume(work, resumed);
      return await this.follow(open, work);
    } catch (error) {
      work.signal.throwIfAborted();
      if (error instanceof EndsWith) return failed(error.message);
      if (error instanceof NotAnswered) return failed(lost(name));
      if (error instanceof ServerAway) return failed(failureWords(name, error.failure));
      throw error;
    }
  }

  private begin({ args, progress: told }: Work, replies?: ForeignCall['replies'], sampled = 0): Open {
    // The caller's clocks end it; those of the package are for whoever has none.
    const bounds = { idleMs: OVER_CONNECTION_MS * 2, totalMs: OVER_CONNECTION_MS * 4 };
    const given = replies === undefined ? {} : { replies };
    const open = this.session.begin((report) => ({
      ...{ tool: this.defined.foreign, args, ...given, ...bounds },
      onProgress: ({ progress, total, message }) =>
        report({
          progress: Number.isFinite(progress) ? progress : 0,
          ...(Number.isFinite(total) && { total }),
          ...(typeof message === 'string' && { message: shortened(message) }),
        }),
    }));
    open.report = (news) => told.put(news);
    open.sampled = sampled;
    return open;
  }

  /** Goes on where the call has asked. Throws {@link EndsWith} where that is not there any more. */
  private async resume(work: Work, { asks, state, answers }: ToolResumption): Promise<Open> {
    const { name } = this.session.target;
    const opened = this.session.unseal(state, work.context);
    if (opened === undefined) throw new EndsWith(lost(name));
    const left = JSON.parse(opened) as Left;
    const parked = left.parked === undefined ? undefined : this.session.parked.take(left.parked);
    if (left.parked !== undefined && parked === undefined) throw new EndsWith(lost(name));
    try {
      const replies: Record<string, Reply> = {};
      for (const question of asks) {
        const answer = answers[question.key] ?? { outcome: 'cancelled', content: null };
        const sampling = left.samplings?.[question.key];
        replies[question.key] =
          sampling === undefined
            ? elicitationReply(question, answer)
            : await samplingReply(answer, () => this.sample(sampling, work));
      }
      if (parked === undefined) return this.again(work, left, replies);
      parked.report = (news) => work.progress.put(news);
      parked.reply(replies[QUESTION] ?? { refused: 'Nobody has answered.' });
      return parked;
    } catch (error) {
      parked?.abandon();
      throw error;
    }
  }

  /** Makes the call again, with what the server has asked for. This protocol has no words for what it does not get. */
  private again(
    work: Work,
    { requestState, roots = [], sampled }: Left,
    replies: Readonly<Record<string, Reply>>,
  ): Open {
    const results = Object.entries(replies).map(([key, reply]) => {
      if ('result' in reply) return [key, reply.result] as const;
      throw new EndsWith(unfinished(this.session.target.name, reply.refused));
    });
    const folders = roots.map((key) => [key, rootsResult(this.session.target.roots)] as const);
    const inputResponses = Object.fromEntries([...results, ...folders]);
    return this.begin(work, { inputResponses, ...(requestState !== undefined && { requestState }) }, sampled);
  }

  private async sample(request: SamplingRequest, { context, progress, signal }: Work) {
    let pieces = 0;
    const tell = () => progress.put({ progress: (pieces += 1), message: 'A model answers the server' });
    // Also a model that thinks for long is a sign of life.
    const beat = setInterval(tell, BEAT_MS);
    try {
      return await this.sampler.sample(request, context, signal, tell);
    } finally {
      clearInterval(beat);
    }
  }

  private async follow(first: Open, work: Work): Promise<ToolOutput | ToolSuspension> {
    const { name } = this.session.target;
    let open = first;
    for (let again = 0; again < MAX_AGAIN;) {
      const news = await open.next(work.signal);
      if (news.asked !== undefined) {
        const suspended = this.park(open, news.asked, work.context);
        if (typeof suspended !== 'string') return suspended;
        // The server goes on as it sees fit.
        open.reply({ refused: suspended });
        continue;
      }
      const { answer } = news;
      if (!isInputRequired(answer)) return outputOf(this.defined.foreign, answer);
      const { inputRequests = {}, requestState } = answer;
      const asked = this.asked(inputRequests, open.sampled);
      if (typeof asked === 'string') throw new EndsWith(unfinished(name, asked));
      if ((requestState ?? '').length > MAX_STATE)
        throw new EndsWith(unfinished(name, 'It wants to be given back more than can be kept.'));
      const left = { ...asked, ...(requestState !== undefined && { requestState }) };
      if (asked.asks.length > 0) return this.suspended(left, work.context);
      again += 1;
      if (asked.roots.length === 0) await pause(AGAIN_MS, undefined, { signal: work.signal });
      open = this.again(work, left, {});
    }
    return failed(`The MCP server ${name} does not come to an end with this call.`);
  }

  /** A question in the newer era: whoever has the answer goes on, with the state that the server gives along. */
  private suspended({ asks, ...left }: AskedOfClient & Left, context: ToolContext): ToolSuspension {
    if (context.threadId === undefined) throw new EndsWith(unfinished(this.session.target.name, NOBODY));
    return { asks, state: this.session.seal(JSON.stringify(left), context) };
  }

  /** A question in the older era: the connection is kept open for the answer. In words why it is not asked. */
  private park(open: Open, request: ServerRequest, context: ToolContext): ToolSuspension | string {
    if (context.threadId === undefined) return NOBODY;
    const asked = this.asked({ [QUESTION]: request }, open.sampled, OVER_CONNECTION_MS);
    if (typeof asked === 'string') return asked;
    open.sampled = asked.sampled;
    const { samplings } = asked;
    const asks = asked.asks.map((question) => ({ ...question, heldBy: PROCESS_ID }));
    const left: Left = { parked: this.session.parked.park(open, OVER_CONNECTION_MS), samplings };
    return { asks, state: this.session.seal(JSON.stringify(left), context) };
  }

  /** What the server asks for; in words why it does not get that. */
  private asked(
    requests: Args,
    before: number,
    answerMs?: number,
  ): (AskedOfClient & { readonly sampled: number }) | string {
    const asked = askedOfClient(requests, this.session.target, answerMs);
    if (typeof asked === 'string') return asked;
    const sampled = before + Object.keys(asked.samplings).length;
    return sampled > MAX_SAMPLINGS ? TOO_OFTEN : { ...asked, sampled };
  }
}

const NOBODY = 'It asks the user something, and nobody is asked here.';

function isInputRequired(answer: Answer): answer is InputRequiredResult {
  return (answer as { readonly resultType?: unknown }).resultType === 'input_required';
}

function shortened(message: string): string {
  return message
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, MAX_MESSAGE)
    .toWellFormed();
}
