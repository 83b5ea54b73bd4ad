export * as runSql from './adapters/run-sql.js';
export { ReadableCitations } from './app/readable-citations.js';
export { DEFAULT_WORKFLOW, WorkflowCatalogue } from './app/workflow-catalogue.js';
export { WorkflowEngine } from './app/workflow-engine.js';
export type { Answered } from '../llm/index.js';
export { WorkflowModule } from './workflow.module.js';
export { RUNNING_TURN_SQL, type RunningTurnSql } from './ports/running-turn-sql.js';
export { THREAD_WORKFLOW_SQL, type ThreadWorkflowSql } from './ports/thread-workflow-sql.js';
