import { Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { definitionSchema, type WorkflowDefinition } from '../core/definition.js';
import { chat } from '../definitions/chat.js';
import { guidedIntake } from '../definitions/guided-intake.js';

/** The workflow of a thread that does not name one. */
export const DEFAULT_WORKFLOW = chat.name;

/** All workflow definitions, checked when the process starts. */
@Injectable()
export class WorkflowCatalogue {
  private readonly definitions: readonly WorkflowDefinition[] = [chat, guidedIntake].map((definition) =>
    definitionSchema.parse(definition),
  );

  /** The newest version of every workflow. */
  list(): readonly WorkflowDefinition[] {
    return this.definitions;
  }

  /** The workflow in this version, or in its newest one. */
  find(name: string, version?: number): WorkflowDefinition | undefined {
    return this.definitions.find(
      (definition) => definition.name === name && (version === undefined || definition.version === version),
    );
  }

  /** The same for a name that a request gave. Throws `UNKNOWN_WORKFLOW`. */
  get(name: string, version?: number): WorkflowDefinition {
    const definition = this.find(name, version);
    if (definition !== undefined) return definition;
    throw new AppError('UNKNOWN_WORKFLOW', 'There is no such workflow, or not in that version.', {
      details: { known: this.definitions.map((known) => known.name) },
    });
  }
}
