import { Inject, Injectable, Logger } from '@nestjs/common';
import { LeaseLostError, type ResultPart } from '../../kernel/index.js';
import { boundOutput } from '../core/bound-output.js';
import { planResult, type PlannedPart, type ResultPlan } from '../core/result-plan.js';
import type { ToolOutput } from '../core/tool-output.js';
import type { ToolCallResult } from '../core/tool-result.js';
import {
  STORED_RESULTS,
  type CallWriter,
  type ContentReference,
  type StoredResults,
} from '../ports/stored-results.js';

/** A call whose output is kept; without a writer nothing of it is stored. */
export interface KeptCall {
  readonly callId: string;
  readonly writer: CallWriter | undefined;
  /** UTF-16 code units of the output that are kept. */
  readonly maxChars: number;
}

/** Makes of a tool's output the result that is told: small, with references to what of it is stored. */
@Injectable()
export class KeepResult {
  private readonly logger = new Logger(KeepResult.name);

  constructor(@Inject(STORED_RESULTS) private readonly results: Pick<StoredResults, 'keep'>) {}

  /** What cannot be stored is left out of the result, which says so. Throws a `LeaseLostError`. */
  async keep(output: ToolOutput, call: KeptCall, durationMs: number): Promise<ToolCallResult> {
    const bound = await boundOutput(output, call.maxChars);
    const plan = await planResult(bound);
    const references = await this.stored(plan, call);
    const told =
      references === undefined ? withoutStored(plan, call.writer === undefined) : toldOf(plan, references);
    const { isCut, ...rest } = told;
    const truncated = bound.isCut || plan.isCut || isCut ? { truncated: true as const } : {};
    return { ok: output.ok, ...rest, ...truncated, durationMs };
  }

  private async stored(
    plan: ResultPlan,
    { writer, callId }: KeptCall,
  ): Promise<readonly ContentReference[] | undefined> {
    const contents = [
      ...plan.parts.flatMap(({ stored }) => stored ?? []),
      ...(plan.whole ? [plan.whole] : []),
    ];
    if (contents.length === 0) return [];
    if (writer === undefined) return undefined;
    try {
      return await this.results.keep(writer, callId, contents);
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      // The call has been made, and is not made again: what came of it is told without them.
      this.logger.error({ err: error, turnId: writer.turnId }, 'Parts of a result could not be stored.');
      return undefined;
    }
  }
}

type Told = Pick<ToolCallResult, 'content' | 'characters' | 'parts' | 'structured'> & {
  readonly isCut: boolean;
};

function toldOf(plan: ResultPlan, references: readonly ContentReference[]): Told {
  const left = [...references];
  const parts = plan.parts.map(({ part, stored }): ResultPart => {
    const reference = stored === undefined ? undefined : left.shift();
    return reference === undefined ? part : { ...part, ...reference };
  });
  return { ...textOf(plan), ...partsOf(plan, parts), isCut: false };
}

/** Where there is no thread, whoever asked may still be told the parts that are not text: nothing of them is stored. */
function withoutStored(plan: ResultPlan, isStateless: boolean): Told {
  const shown = plan.parts.flatMap(({ part, stored }: PlannedPart): ResultPart[] => {
    if (stored === undefined) return [part];
    return isStateless && part.type === 'image' && 'data' in stored.content
      ? [{ ...part, ...stored.content }]
      : [];
  });
  return { ...textOf(plan), ...partsOf(plan, shown), isCut: true };
}

/** The text, and how long it was where this is not all of it, whether or not the rest is stored. */
function textOf({ content, characters }: ResultPlan) {
  return { content, ...(characters !== undefined && { characters }) };
}

function partsOf({ isTextOnly, structured }: ResultPlan, parts: readonly ResultPart[]) {
  return {
    ...((!isTextOnly || parts.length > 0) && { parts }),
    ...(structured !== undefined && { structured }),
  };
}
