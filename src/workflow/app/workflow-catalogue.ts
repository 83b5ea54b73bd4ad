import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../kernel/index.js';
import { stepOf } from '../core/definition.js';
import type { ModelStep } from '../core/prompt.js';
import { DEFINITION_STORE, type DefinitionStore, type StoredDefinition } from '../ports/definition-store.js';
import { definitionSchema, type WorkflowDefinition } from '../steps/kinds.js';
import { BUILT_IN_WORKFLOWS, builtIn } from './built-in-workflows.js';
import { withSubworkflows } from './subworkflows.js';

/** Versions that are kept read, the newest used: none of them ever changes. */
const MAX_KEPT = 500;

/** The workflows of an organisation: its own, and the server's where it has none of that name. */
@Injectable()
export class WorkflowCatalogue {
  private readonly read = new Map<string, WorkflowDefinition>();
  private readonly runnable = new WeakMap<WorkflowDefinition, Promise<WorkflowDefinition>>();

  constructor(@Inject(DEFINITION_STORE) private readonly store: Pick<DefinitionStore, 'find' | 'list'>) {}

  /** The newest version of every workflow. */
  async list(org: string): Promise<readonly WorkflowDefinition[]> {
    const own = (await this.store.list(org)).map((stored) => this.definitionOf(org, stored));
    const names = new Set(own.map(({ name }) => name));
    const others = BUILT_IN_WORKFLOWS.filter((one) => builtIn(one.name) === one && !names.has(one.name));
    return [...others, ...own];
  }

  /** The workflow in this version, or in its newest one. One that was deleted is found by its version. */
  async find(org: string, name: string, version?: number): Promise<WorkflowDefinition | undefined> {
    const known = version === undefined ? undefined : this.read.get(keyOf(org, name, version));
    if (known !== undefined) return known;
    const stored = await this.store.find(org, name, version);
    return stored === undefined ? builtIn(name, version) : this.definitionOf(org, stored);
  }

  /** The same for a name that a request gave. Throws `UNKNOWN_WORKFLOW`. */
  async get(org: string, name: string, version?: number): Promise<WorkflowDefinition> {
    const definition = await this.find(org, name, version);
    if (definition !== undefined) return definition;
    throw new AppError('UNKNOWN_WORKFLOW', 'There is no such workflow, or not in that version.', {
      details: { known: (await this.list(org)).map((known) => known.name) },
    });
  }

  /** The same as it is run: with the steps of the workflows inside of it. Throws `UNKNOWN_WORKFLOW`. */
  async toRun(org: string, name: string, version: number, isOwn = false): Promise<WorkflowDefinition> {
    // Nothing is asked for where it is known: what the server has in a version is run by it unless a run says otherwise.
    const definition = (isOwn ? undefined : builtIn(name, version)) ?? (await this.get(org, name, version));
    const known = this.runnable.get(definition);
    if (known !== undefined) return known;
    const found = withSubworkflows(definition, (inner, at) => this.find(org, inner, at)).then(
      ({ definition: whole }) => whole,
    );
    this.runnable.set(definition, found);
    found.catch(() => this.runnable.delete(definition));
    return found;
  }

  /** Whether the definition is the organisation's own. */
  isOwn(org: string, { name, version }: WorkflowDefinition): boolean {
    return this.read.has(keyOf(org, name, version)) && builtIn(name, version) === undefined;
  }

  /** What the first step of one of the server's workflows asks a model. */
  firstQuestion(name: string): ModelStep {
    const definition = builtIn(name);
    const step = definition && stepOf(definition, definition.start);
    if (step === undefined || (step.kind !== undefined && step.kind !== 'chat'))
      throw new Error(`workflow ${name} does not begin with a question to a model`);
    return step;
  }

  private definitionOf(org: string, { name, version, definition }: StoredDefinition): WorkflowDefinition {
    const key = keyOf(org, name, version);
    const known = this.read.get(key);
    if (known !== undefined) return known;
    const parsed = definitionSchema.parse({ ...(definition as object), name, version }) as WorkflowDefinition;
    if (this.read.size >= MAX_KEPT) this.read.delete(this.read.keys().next().value!);
    this.read.set(key, parsed);
    return parsed;
  }
}

function keyOf(org: string, name: string, version: number): string {
  return `${org}\n${name}\n${version}`;
}
