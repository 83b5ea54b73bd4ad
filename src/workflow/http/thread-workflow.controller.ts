import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { threadWorkflowResponse } from './workflow-schemas.js';

@ApiTags('workflows')
@Controller('chat/threads/:id/workflow')
export class ThreadWorkflowController {
  constructor(@Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore) {}

  @Get()
  @ApiOperation({ summary: 'Get the thread’s workflow and how far it is', operationId: 'getThreadWorkflow' })
  @ApiOkResponse({ standardSchema: threadWorkflowResponse })
  async get(@CurrentUser() caller: Caller, @IdParam() id: string) {
    const { run, ...pinned } = found(await this.runs.ofThread(caller, id), 'thread');
    if (run === null) return { ...pinned, run };
    const { position: _position, definedBy: _definedBy, ...shown } = run;
    return { ...pinned, run: shown };
  }
}
