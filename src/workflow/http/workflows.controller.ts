import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { WorkflowCatalogue } from '../app/workflow-catalogue.js';
import { WORKFLOW_RUN_STORE, type WorkflowRunStore } from '../ports/workflow-run-store.js';
import { runResponse, versionQuery, workflowResponse, workflowsResponse } from './workflow-schemas.js';

@ApiTags('workflows')
@Controller('workflows')
export class WorkflowsController {
  constructor(
    @Inject(WORKFLOW_RUN_STORE) private readonly runs: WorkflowRunStore,
    private readonly catalogue: WorkflowCatalogue,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List workflows', operationId: 'listWorkflows' })
  @ApiOkResponse({ standardSchema: workflowsResponse })
  list() {
    return { workflows: this.catalogue.list(), nextCursor: null };
  }

  @Get('runs/:id')
  @ApiOperation({ summary: 'Get a workflow run', operationId: 'getWorkflowRun' })
  @ApiOkResponse({ standardSchema: runResponse })
  async run(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { run: found(await this.runs.find(caller, id), 'workflow run') };
  }

  @Get(':name')
  @ApiOperation({
    summary: 'Get a workflow, in its newest version or the one asked for',
    operationId: 'getWorkflow',
  })
  @ApiOkResponse({ standardSchema: workflowResponse })
  get(
    @Param('name') name: string,
    @Query({ schema: versionQuery }) { version }: z.output<typeof versionQuery>,
  ) {
    return { workflow: found(this.catalogue.find(name, version), 'workflow') };
  }
}
