import { z } from 'zod';
import { AppError, type HistoryMessage } from '../../kernel/index.js';
import { foreignSchemaIssues, foreignSchemaProblem } from '../../platform/json-schema/index.js';
import type { AskingStep, Kept, StepWork } from './step-kind.js';

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of an object, as the author of a workflow writes it. */
export const objectSchema = z
  .looseObject({ type: z.literal('object'), properties: z.record(z.string().max(100), z.unknown()) })
  .superRefine((schema, context) => {
    const problem = foreignSchemaProblem(schema);
    if (problem !== undefined) context.addIssue(problem);
  });

/** How a model is asked for such an answer. */
export function formatOf(schema: Schema | undefined) {
  return schema === undefined ? undefined : { name: 'answer', schema };
}

/** The answer of a model as JSON by a schema; it is asked once more where it is not. Throws `PROVIDER_ERROR` then. */
export async function readJson(
  step: AskingStep,
  work: StepWork,
  before: readonly HistoryMessage[],
  content: string,
  schema: Schema,
): Promise<Kept> {
  const asked = `${content}\n\n${AS_JSON}\n${JSON.stringify(schema)}`;
  const first = await work.askSilently(step, before, asked, formatOf(schema));
  const read = valueIn(first.text, schema);
  if (read.problem === undefined) return { type: 'kept', value: read.value, basis: first.basis };
  const said: HistoryMessage[] = [
    ...before,
    { role: 'user', content: asked },
    { role: 'assistant', content: first.text },
  ];
  const again = await work.askSilently(step, said, `${read.problem} ${REPAIR}`, formatOf(schema));
  const repaired = valueIn(again.text, schema);
  if (repaired.problem === undefined) return { type: 'kept', value: repaired.value, basis: again.basis };
  throw new AppError(
    'PROVIDER_ERROR',
    'The model’s answer does not have the form that the workflow asks for.',
    {
      details: { step: step.id },
    },
  );
}

const AS_JSON = 'Answer with one JSON object by this JSON Schema, and with nothing else:';
const REPAIR = 'Answer again, with one JSON object by the schema and nothing else.';

function valueIn(text: string, schema: Schema): { readonly value?: unknown; readonly problem?: string } {
  const value = parsed(text);
  if (value === undefined) return { problem: 'That was no JSON object.' };
  const issues = foreignSchemaIssues(schema, value);
  if (issues.length === 0) return { value };
  const words = issues.slice(0, 5).map(({ path, message }) => `${path} ${message}`.trim());
  return { problem: `That does not fit the schema: ${words.join('; ')}.` };
}

/** The object in an answer; many models put a block of code around it. */
function parsed(text: string): unknown {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(text.slice(start, end + 1)) as unknown;
  } catch {
    return undefined;
  }
}
