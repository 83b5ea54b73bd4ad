import { Module } from '@nestjs/common';
import { PostgresApprovalStore } from './adapters/postgres-approval-store.js';
import { Approvals } from './app/approvals.js';
import { CallTool } from './app/call-tool.js';
import { ToolMetrics } from './app/tool-metrics.js';
import { ToolRegistry } from './app/tool-registry.js';
import { ApprovalsController } from './http/approvals.controller.js';
import { ToolsController } from './http/tools.controller.js';
import { ReadResult } from './builtin/read-result/read-result.js';
import { APPROVAL_STORE } from './ports/approval-store.js';
import { STORED_RESULTS, type StoredResults } from './ports/stored-results.js';
import { BUILTIN_TOOLS, type Tool } from './ports/tool.js';

/** What models may call: the server's own tools, and how they are called. */
@Module({
  controllers: [ApprovalsController, ToolsController],
  providers: [
    {
      provide: BUILTIN_TOOLS,
      inject: [STORED_RESULTS],
      useFactory: (results: StoredResults): readonly Tool[] => [new ReadResult(results)],
    },
    { provide: APPROVAL_STORE, useClass: PostgresApprovalStore },
    Approvals,
    CallTool,
    ToolMetrics,
    ToolRegistry,
  ],
  exports: [APPROVAL_STORE, Approvals, CallTool, ToolRegistry],
})
export class ToolModule {}
