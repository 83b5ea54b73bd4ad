import { MemoryStoredResults } from '../doubles/memory-stored-results.js';
import type { AskModel, ReconcileAttempts } from '../../src/llm/index.js';
import type { Retriever } from '../../src/rag/index.js';
import { personalContextOf } from '../../src/personal-context.module.js';
import { FindRun } from '../../src/workflow/app/find-run.js';
import type { ReadAttachments } from '../../src/workflow/app/read-attachments.js';
import { PrepareQuestion } from '../../src/workflow/app/prepare-question.js';
import type { StepTools } from '../../src/workflow/app/step-tools.js';
import { WorkflowCatalogue } from '../../src/workflow/app/workflow-catalogue.js';
import { WorkflowEngine } from '../../src/workflow/app/workflow-engine.js';
import type { DefinitionStore } from '../../src/workflow/ports/definition-store.js';
import type { WorkflowRunStore } from '../../src/workflow/ports/workflow-run-store.js';

/** No step may call any. */
const NO_TOOLS = { roundsOf: () => undefined } as unknown as StepTools;

const FINDS_NOTHING: Retriever = { retrieve: () => Promise.resolve([]), reread: () => Promise.resolve([]) };

const NOTHING_ATTACHED = { read: () => Promise.resolve({}) } as unknown as ReadAttachments;

const NOTHING_SAID = personalContextOf({
  profile: () => Promise.resolve(undefined),
  memories: () => Promise.resolve([]),
});

/** No organisation has defined a workflow of its own. */
const NONE_DEFINED = { find: () => Promise.resolve(undefined), list: () => Promise.resolve([]) };

/** An engine that asks these models, and finds no documents unless it is given some. */
export function engineOn(
  store: WorkflowRunStore,
  models: Pick<AskModel, 'ask'>,
  attempts: Pick<ReconcileAttempts, 'ofTurn'> = { ofTurn: () => Promise.resolve() },
  tools: StepTools = NO_TOOLS,
  retriever: Retriever = FINDS_NOTHING,
  definitions: Pick<DefinitionStore, 'find' | 'list'> = NONE_DEFINED,
): WorkflowEngine {
  const catalogue = new WorkflowCatalogue(definitions);
  return new WorkflowEngine(
    store,
    new FindRun(store, catalogue),
    new PrepareQuestion(retriever, new MemoryStoredResults(), NOTHING_ATTACHED, NOTHING_SAID),
    catalogue,
    models as AskModel,
    tools,
    attempts as ReconcileAttempts,
  );
}
