import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { validationFailed } from '../../platform/http/index.js';
import { DEFINITION_STORE, type DefinitionStore } from '../ports/definition-store.js';
import { definitionProblems } from '../steps/definition-problems.js';
import { kindOf, type WorkflowDefinition } from '../steps/kinds.js';
import { readDefinition } from '../steps/read-definition.js';
import { builtIn } from './built-in-workflows.js';
import { withSubworkflows, type WithSubworkflows } from './subworkflows.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

/** Publishes workflows of organisations. */
@Injectable()
export class PublishWorkflow {
  constructor(
    @Inject(DEFINITION_STORE) private readonly store: DefinitionStore,
    private readonly catalogue: WorkflowCatalogue,
  ) {}

  /** The definition as it would be published. Throws `VALIDATION_FAILED` with the path of each mistake. */
  async check({ org }: Pick<Caller, 'org'>, name: string, body: unknown): Promise<WithSubworkflows> {
    const newest = await this.catalogue.find(org, name);
    const read = readDefinition(body, name, (newest?.version ?? 0) + 1);
    if (read.issues !== undefined) throw validationFailed(read.issues);
    const found = await withSubworkflows(read.definition, (inner, version) =>
      this.catalogue.find(org, inner, version),
    );
    const problems = [...found.problems, ...definitionProblems(found.definition, kindOf)];
    if (problems.length === 0) return found;
    throw validationFailed(problems.map(([path, message]) => ({ path, message })));
  }

  /** Makes a new version. Throws as `check` does, and `STATE_CONFLICT` where there are too many. */
  async publish(caller: Caller, name: string, body: unknown): Promise<WorkflowDefinition> {
    const { pinned } = await this.check(caller, name, body);
    const { name: _name, version: _version, ...definition } = pinned;
    const version = await this.store.publish(caller, name, builtIn(name)?.version ?? 0, definition);
    if (version !== 'full') return { ...pinned, version };
    throw new AppError(
      'STATE_CONFLICT',
      'The organisation has as many workflows, or versions of one, as it may have.',
    );
  }

  /** Deletes a version, the newest one when none is named. Throws `NOT_FOUND`, and `STATE_CONFLICT` while runs follow it. */
  async remove({ org }: Caller, name: string, version?: number): Promise<void> {
    const wanted = version ?? (await this.store.find(org, name))?.version;
    const removal = wanted === undefined ? 'missing' : await this.store.remove(org, name, wanted);
    if (removal === 'missing') {
      throw new AppError(
        'NOT_FOUND',
        'Your organisation has no such workflow of its own, or not in that version.',
      );
    }
    if (removal === 'live') {
      throw new AppError('STATE_CONFLICT', 'Runs follow this version and have not come to their end.', {
        details: { name, version: wanted },
      });
    }
  }
}
