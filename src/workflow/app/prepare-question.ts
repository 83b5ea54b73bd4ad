import { Inject, Injectable } from '@nestjs/common';
import type { Basis, Caller, Citation, HistoryMessage } from '../../kernel/index.js';
import type { AttemptCause, ModelChoice, Question } from '../../llm/index.js';
import { RETRIEVER, type FoundPassage, type RetrievedPassage, type Retriever } from '../../rag/index.js';
import { STORED_RESULTS, type StoredResults } from '../../tool/index.js';
import { basisOf, promptFor, type EnteredForm, type ModelStep } from '../core/prompt.js';
import { SentenceLimit } from '../core/sentence-limit.js';
import { PERSONAL_CONTEXT, type PersonalContext } from '../ports/personal-context.js';
import type { WorkflowInput } from '../steps/step-kind.js';
import { ReadAttachments } from './read-attachments.js';

/** What a step asks a model, in the words of its workflow. */
export interface Asked {
  readonly input: WorkflowInput;
  readonly step: ModelStep;
  /** What was said in the turn before. */
  readonly before: readonly HistoryMessage[];
  readonly content: string;
  readonly forms: readonly EnteredForm[];
  readonly cause: AttemptCause;
  /** What was found in documents when the turn was executed before: nothing else is looked for then. */
  readonly found?: readonly FoundPassage[] | undefined;
  /** Whether the turn ends with the answer. */
  readonly endsTurn?: boolean;
}

/** A question to a model, and what its answer is drawn from. */
export interface PreparedQuestion {
  readonly question: Question;
  readonly citations: readonly Citation[];
  /** Absent: from no documents. */
  readonly basis: Basis | undefined;
  /** What was looked for in documents; absent: nothing was. */
  readonly found: readonly FoundPassage[] | undefined;
}

const MAX_PASSAGES = 6;

/** Makes a question of what a step asks: with the passages that match what the user said. */
@Injectable()
export class PrepareQuestion {
  constructor(
    @Inject(RETRIEVER) private readonly retriever: Retriever,
    @Inject(STORED_RESULTS) private readonly results: Pick<StoredResults, 'contentAt'>,
    private readonly attachments: ReadAttachments,
    @Inject(PERSONAL_CONTEXT) private readonly personal: PersonalContext,
  ) {}

  async prepare(asked: Asked): Promise<PreparedQuestion> {
    const { input, step, before, content, forms, cause, endsTurn } = asked;
    const { caller, systemPrompt } = input;
    const temperature = input.temperature ?? step.temperature;
    const choice = choiceOf(step, input);
    const { passages, found } = await this.retrieve(asked);
    const attached = await this.attachments.read(caller, input);
    const personal = step.personalise === true ? await this.personal.of(caller) : undefined;
    const maxTokens = input.maxTokens ?? step.maxTokens;
    const history = [...input.history, ...before];
    const { maxSentences: sentences = null } = step;
    return {
      found,
      // Of all that was found, also before: an answer may have been drawn from it.
      citations: (found ?? []).map(({ level: _level, ...citation }) => citation),
      basis: basisOf(found ?? [], input.basis),
      question: {
        choice,
        context: { caller, cause, endsTurn },
        resettable: true,
        messages: promptFor(step, systemPrompt, { passages, forms, ...attached, personal }, history, content),
        question: input.content,
        passages,
        ...(cause.type === 'turn' && { readImage: this.reader(caller, cause.threadId) }),
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(sentences !== null && { limitText: () => new SentenceLimit(sentences) }),
      },
    };
  }

  /** The passages that match a query, of the documents that the caller may read. */
  search(caller: Caller, query: string, limit: number): Promise<readonly RetrievedPassage[]> {
    return this.retriever.retrieve(caller, query, limit);
  }

  private async retrieve({ input, step, found }: Asked): Promise<{
    readonly passages: readonly RetrievedPassage[];
    readonly found?: readonly FoundPassage[] | undefined;
  }> {
    const { caller, content, rag } = input;
    if (step.retrieve === false && step.passages === undefined) return { passages: [] };
    // Nothing was found where there was nothing, even if there is something by now.
    if (rag === false) return { passages: [], found: [] };
    if (found !== undefined) return { passages: await this.retriever.reread(caller, found), found };
    const limit = typeof step.retrieve === 'object' ? step.retrieve.limit : MAX_PASSAGES;
    const passages = await this.retriever.retrieve(caller, content, limit);
    return { passages, found: passages.map(({ content: _content, ...passage }) => passage) };
  }

  private reader(caller: Caller, threadId: string): NonNullable<Question['readImage']> {
    return (url, maxBytes) => this.results.contentAt(caller, threadId, url, maxBytes);
  }
}

/** Whom a step asks: its own model where it has one, the message's otherwise. */
function choiceOf(step: ModelStep, { provider, model }: WorkflowInput): ModelChoice {
  const { fallbacks } = step;
  const own = step.provider !== undefined || step.model !== undefined;
  const choice = own ? { provider: step.provider, model: step.model } : { provider, model };
  return { ...choice, ...(fallbacks !== undefined && { fallbacks }) };
}
