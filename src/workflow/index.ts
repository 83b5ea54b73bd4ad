export { ReadableCitations } from './app/current-citations.js';
export { DEFAULT_WORKFLOW, WorkflowCatalogue } from './app/workflow-catalogue.js';
export { WorkflowEngine } from './app/workflow-engine.js';
export type { Answered } from '../llm/index.js';
export { WorkflowModule } from './workflow.module.js';
export { PINNED_THREAD, type PinnedThread } from './ports/pinned-thread.js';
