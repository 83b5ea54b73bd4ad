import { Module } from '@nestjs/common';
import { LlmModule } from '../llm/index.js';
import { RagModule } from '../rag/index.js';
import { ToolModule } from '../tool/index.js';
import { PostgresDefinitionStore } from './adapters/postgres-definition-store.js';
import { PostgresRunJournal } from './adapters/postgres-run-journal.js';
import { PostgresWorkflowRunStore } from './adapters/postgres-workflow-run-store.js';
import { AnswerFromWeb } from './app/answer-from-web.js';
import { AnswerWithTools } from './app/answer-with-tools.js';
import { ForkRun } from './app/fork-run.js';
import { FindRun } from './app/find-run.js';
import { MakePlan } from './app/make-plan.js';
import { OfferTools } from './app/offer-tools.js';
import { PrepareQuestion } from './app/prepare-question.js';
import { PrepareRounds } from './app/prepare-rounds.js';
import { PreviewWorkflow } from './app/preview-workflow.js';
import { PublishWorkflow } from './app/publish-workflow.js';
import { ReadAttachments } from './app/read-attachments.js';
import { ReadRun } from './app/read-run.js';
import { ReadableCitations } from './app/readable-citations.js';
import { StepTools } from './app/step-tools.js';
import { WorkflowCatalogue } from './app/workflow-catalogue.js';
import { WorkflowEngine } from './app/workflow-engine.js';
import { ThreadWorkflowController } from './http/thread-workflow.controller.js';
import { WorkflowsController } from './http/workflows.controller.js';
import { DEFINITION_STORE } from './ports/definition-store.js';
import { RUN_JOURNAL } from './ports/run-journal.js';
import { WORKFLOW_RUN_STORE } from './ports/workflow-run-store.js';

/** Workflows: definitions as data, and the engine that runs threads through them step by step. */
@Module({
  imports: [LlmModule, RagModule, ToolModule],
  controllers: [WorkflowsController, ThreadWorkflowController],
  providers: [
    { provide: WORKFLOW_RUN_STORE, useClass: PostgresWorkflowRunStore },
    { provide: DEFINITION_STORE, useClass: PostgresDefinitionStore },
    { provide: RUN_JOURNAL, useClass: PostgresRunJournal },
    AnswerFromWeb,
    AnswerWithTools,
    FindRun,
    MakePlan,
    OfferTools,
    PrepareQuestion,
    PrepareRounds,
    ForkRun,
    PreviewWorkflow,
    PublishWorkflow,
    ReadAttachments,
    ReadRun,
    ReadableCitations,
    StepTools,
    WorkflowCatalogue,
    WorkflowEngine,
  ],
  exports: [
    AnswerFromWeb,
    AnswerWithTools,
    MakePlan,
    ForkRun,
    ReadRun,
    ReadableCitations,
    WorkflowCatalogue,
    WorkflowEngine,
  ],
})
export class WorkflowModule {}
