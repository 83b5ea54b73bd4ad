import type { FirstStep } from '../core/definition.js';
import { agent } from '../definitions/agent.js';
import { chat } from '../definitions/chat.js';
import { documentAnswers } from '../definitions/document-answers.js';
import { draftedAnswer } from '../definitions/drafted-answer.js';
import { guidedIntake } from '../definitions/guided-intake.js';
import { personalChat } from '../definitions/personal-chat.js';
import { reviewedIntake } from '../definitions/reviewed-intake.js';
import { supportTriage } from '../definitions/support-triage.js';
import { twoReviews } from '../definitions/two-reviews.js';
import { definitionSchema, type WorkflowDefinition } from '../steps/kinds.js';

/** The workflow of a thread that does not name one. */
export const DEFAULT_WORKFLOW = chat.name;

/** The workflows that every organisation has, checked when the process starts. */
export const BUILT_IN_WORKFLOWS: readonly WorkflowDefinition[] = [
  ...[
    chat,
    guidedIntake,
    reviewedIntake,
    draftedAnswer,
    agent,
    personalChat,
    supportTriage,
    documentAnswers,
    twoReviews,
  ],
].map((definition) => definitionSchema.parse(definition) as WorkflowDefinition);

/** One of them in this version, or in its newest one. */
export function builtIn(name: string, version?: number): WorkflowDefinition | undefined {
  return BUILT_IN_WORKFLOWS.filter((definition) => definition.name === name)
    .filter((definition) => version === undefined || definition.version === version)
    .reduce<WorkflowDefinition | undefined>(newer, undefined);
}

/** With which step each version of each of them begins. */
export function builtInFirstSteps(): readonly FirstStep[] {
  return BUILT_IN_WORKFLOWS.map(({ name: workflow, version, start: step }) => ({ workflow, version, step }));
}

function newer(newest: WorkflowDefinition | undefined, one: WorkflowDefinition): WorkflowDefinition {
  return newest !== undefined && newest.version > one.version ? newest : one;
}
