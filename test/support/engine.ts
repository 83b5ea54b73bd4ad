import type { AskModel, ReconcileAttempts } from '../../src/llm/index.js';
import { FindRun } from '../../src/workflow/app/find-run.js';
import { PrepareQuestion } from '../../src/workflow/app/prepare-question.js';
import type { StepTools } from '../../src/workflow/app/step-tools.js';
import { WorkflowCatalogue } from '../../src/workflow/app/workflow-catalogue.js';
import { WorkflowEngine } from '../../src/workflow/app/workflow-engine.js';
import type { WorkflowRunStore } from '../../src/workflow/ports/workflow-run-store.js';

/** No step may call any. */
const NO_TOOLS = { roundsOf: () => undefined } as unknown as StepTools;

/** An engine that finds no documents, and asks these models. */
export function engineOn(
  store: WorkflowRunStore,
  models: Pick<AskModel, 'ask'>,
  attempts: Pick<ReconcileAttempts, 'ofTurn'> = { ofTurn: () => Promise.resolve() },
  tools: StepTools = NO_TOOLS,
): WorkflowEngine {
  const catalogue = new WorkflowCatalogue();
  return new WorkflowEngine(
    store,
    new FindRun(store, catalogue),
    new PrepareQuestion({ retrieve: () => Promise.resolve([]) }),
    catalogue,
    models as AskModel,
    tools,
    attempts as ReconcileAttempts,
  );
}
