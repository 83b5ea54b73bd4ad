import { z } from 'zod';
import { STEP_FIELDS, variableName } from '../core/definition.js';
import { MAX_TEMPLATE, render, templateProblem, type View } from './template.js';

const MAX_POLICIES = 128;
/** UTF-16 code units of a value that stands in the instructions of a model. */
const MAX_INSTRUCTED = 500;

/** Texts in which variables stand as `{{state.name}}`. */
export const templateSchema = z
  .string()
  .max(MAX_TEMPLATE)
  .superRefine((template, context) => {
    const problem = templateProblem(template);
    if (problem !== undefined) context.addIssue(problem);
  });

/** Which model a step asks, and how. */
export const CHOICE_FIELDS = {
  provider: z.string().min(1).max(64).optional().describe('Whom it asks, whatever the message says.'),
  model: z.string().min(1).max(200).optional(),
  fallbacks: z
    .array(z.string().min(1).max(264))
    .max(5)
    .optional()
    .describe('Whom it asks when that fails, in this order, as `provider` or `provider/model`.'),
  temperature: z.number().min(0).max(2).optional().describe('Unless the message says otherwise.'),
  maxTokens: z
    .number()
    .int()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('Unless the message says otherwise.'),
};

/** What a step has that asks a model. */
export const MODEL_STEP_FIELDS = {
  ...STEP_FIELDS,
  ...CHOICE_FIELDS,
  instructions: templateSchema
    .default('')
    .describe(
      'What the model is told to do in this step, before the conversation. Values in it are cut to a line.',
    ),
  guidelines: z.string().max(MAX_TEMPLATE).optional().describe('How it is to answer.'),
  prompt: templateSchema
    .optional()
    .describe('What the model is told last, in the user’s role; in a chat step behind what the user said.'),
  retrieve: z
    .union([z.boolean(), z.strictObject({ limit: z.number().int().min(1).max(20) })])
    .default(false)
    .describe('Whether documents are searched for what the user said, and how many passages are shown.'),
  personalise: z
    .boolean()
    .optional()
    .describe('Whether the model is told of the user’s profile and memories, in turns of that user.'),
  passages: variableName()
    .optional()
    .describe(
      'The variable of a `retrieve` step beside it whose passages are shown and cited, in place of a search.',
    ),
  tools: z
    .union([z.literal(true), z.array(z.string().min(1).max(64)).max(128)])
    .optional()
    .describe('The tools that its model may call by itself; absent: those that a message asks for.'),
  approval: z
    .record(z.string().regex(/^([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{1,62}__\*|\*)$/), z.enum(['ask', 'always']))
    .refine((policies) => Object.keys(policies).length <= MAX_POLICIES, `has more than ${MAX_POLICIES} tools`)
    .optional()
    .describe(
      'Before which tools a person is asked in this step, by name, `server__*` or `*`: where the operator’s policy is ' +
        'stricter, that one holds.',
    ),
};

interface Worded {
  readonly instructions: string;
  readonly guidelines?: string | undefined;
}

/** The step with its instructions in words. They have authority: a value in them is one short line. */
export function worded<Step extends Worded>(step: Step, view: () => View): Step {
  const { instructions, guidelines } = step;
  if (guidelines === undefined && !instructions.includes('{{')) return step;
  const words = instructions.includes('{{') ? render(instructions, view(), inOneLine) : instructions;
  return { ...step, instructions: [words, guidelines ?? ''].filter((part) => part !== '').join('\n\n') };
}

function inOneLine(value: string): string {
  return value.slice(0, MAX_INSTRUCTED).toWellFormed().replace(/\s+/g, ' ').trim();
}
