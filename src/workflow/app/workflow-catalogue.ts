import { Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { stepOf, type FirstStep } from '../core/definition.js';
import type { ModelStep } from '../core/prompt.js';
import { agent } from '../definitions/agent.js';
import { chat } from '../definitions/chat.js';
import { draftedAnswer } from '../definitions/drafted-answer.js';
import { guidedIntake } from '../definitions/guided-intake.js';
import { personalChat } from '../definitions/personal-chat.js';
import { reviewedIntake } from '../definitions/reviewed-intake.js';
import { definitionSchema, type WorkflowDefinition } from '../steps/kinds.js';

/** The workflow of a thread that does not name one. */
export const DEFAULT_WORKFLOW = chat.name;

/** All workflow definitions, checked when the process starts. */
@Injectable()
export class WorkflowCatalogue {
  private readonly definitions: readonly WorkflowDefinition[] = [
    ...[chat, guidedIntake, reviewedIntake, draftedAnswer, agent, personalChat],
  ].map((definition) => definitionSchema.parse(definition));

  /** The newest version of every workflow. */
  list(): readonly WorkflowDefinition[] {
    return this.definitions.filter((definition) => this.find(definition.name) === definition);
  }

  /** The workflow in this version, or in its newest one. */
  find(name: string, version?: number): WorkflowDefinition | undefined {
    return this.definitions
      .filter((definition) => definition.name === name)
      .filter((definition) => version === undefined || definition.version === version)
      .reduce<WorkflowDefinition | undefined>(newer, undefined);
  }

  /** With which step each version of each workflow begins. */
  firstSteps(): readonly FirstStep[] {
    return this.definitions.map(({ name: workflow, version, start: step }) => ({ workflow, version, step }));
  }

  /** What the first step of the workflow asks a model. */
  firstQuestion(name: string): ModelStep {
    const definition = this.get(name);
    const step = stepOf(definition, definition.start);
    if (step.kind === 'human') throw new Error(`workflow ${name} does not begin with a question to a model`);
    return step;
  }

  /** The same for a name that a request gave. Throws `UNKNOWN_WORKFLOW`. */
  get(name: string, version?: number): WorkflowDefinition {
    const definition = this.find(name, version);
    if (definition !== undefined) return definition;
    throw new AppError('UNKNOWN_WORKFLOW', 'There is no such workflow, or not in that version.', {
      details: { known: this.list().map((known) => known.name) },
    });
  }
}

function newer(newest: WorkflowDefinition | undefined, one: WorkflowDefinition): WorkflowDefinition {
  return newest !== undefined && newest.version > one.version ? newest : one;
}
