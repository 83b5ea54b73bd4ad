import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { found } from '../../platform/http/index.js';
import { PreviewWorkflow } from '../app/preview-workflow.js';
import { PublishWorkflow } from '../app/publish-workflow.js';
import { ReadRun } from '../app/read-run.js';
import { WorkflowCatalogue } from '../app/workflow-catalogue.js';
import { definitionSchema } from '../steps/kinds.js';
import * as schemas from './workflow-schemas.js';

const PREVIEW_MS = 60_000;

/** The format of definitions, for those who write them. */
const JSON_SCHEMA = z.toJSONSchema(definitionSchema, { io: 'input', unrepresentable: 'any' });

@ApiTags('workflows')
@Controller('workflows')
export class WorkflowsController {
  constructor(
    private readonly catalogue: WorkflowCatalogue,
    private readonly publishing: PublishWorkflow,
    private readonly runs: ReadRun,
    private readonly previews: PreviewWorkflow,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List workflows', operationId: 'listWorkflows' })
  @ApiOkResponse({ standardSchema: schemas.workflowsResponse })
  async list(@CurrentUser() caller: Caller) {
    return { workflows: await this.catalogue.list(caller.org), nextCursor: null };
  }

  @Get('schema')
  @ApiOperation({ summary: 'Get the JSON Schema of workflow definitions', operationId: 'getWorkflowSchema' })
  @ApiOkResponse({ standardSchema: schemas.schemaResponse })
  schema() {
    return JSON_SCHEMA;
  }

  @Get(':name')
  @ApiOperation({
    summary: 'Get a workflow, in its newest version or the one asked for',
    operationId: 'getWorkflow',
  })
  @ApiOkResponse({ standardSchema: schemas.workflowResponse })
  async get(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: schemas.versionQuery }) { version }: z.output<typeof schemas.versionQuery>,
  ) {
    return { workflow: found(await this.catalogue.find(caller.org, name, version), 'workflow') };
  }

  @Put(':name')
  @Roles('admin')
  @ApiOperation({
    summary: 'Publish a new version of a workflow for your organisation',
    operationId: 'putWorkflow',
    description:
      'For administrators. It takes the place of the server’s workflow of the same name, for threads that begin from now on; ' +
      'runs end on the version that they began with.',
  })
  @ApiOkResponse({ standardSchema: schemas.workflowResponse })
  async put(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Body({ schema: schemas.definitionBody }) body: z.output<typeof schemas.definitionBody>,
  ) {
    return { workflow: await this.publishing.publish(caller, name, body) };
  }

  @Delete(':name')
  @Roles('admin')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a version of a workflow of your organisation, the newest one unless it is named',
    operationId: 'deleteWorkflow',
    description:
      'For administrators. A version that runs follow is not deleted while they have not come to their end.',
  })
  @ApiNoContentResponse()
  remove(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: schemas.versionQuery }) { version }: z.output<typeof schemas.versionQuery>,
  ): Promise<void> {
    return this.publishing.remove(caller, name, version);
  }

  @Post(':name/validate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Check a workflow without publishing it',
    operationId: 'validateWorkflow',
    description: 'A mistake is `VALIDATION_FAILED`, with the path of each in `details.issues`.',
  })
  @ApiOkResponse({ standardSchema: schemas.validResponse })
  async validate(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Body({ schema: schemas.definitionBody }) body: z.output<typeof schemas.definitionBody>,
  ) {
    return { valid: true, workflow: (await this.publishing.check(caller, name, body)).pinned };
  }

  @Post(':name/preview')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try a workflow with a message: which steps run, and what models would be asked',
    operationId: 'previewWorkflow',
    description: 'The local model answers, no tools are called, and nothing is stored.',
  })
  @ApiOkResponse({ standardSchema: schemas.previewResponse })
  async preview(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Body({ schema: schemas.previewBody }) { version, ...request }: z.output<typeof schemas.previewBody>,
  ) {
    const { org } = caller;
    const found = await this.catalogue.get(org, name, version);
    const definition = await this.catalogue.toRun(org, name, found.version, true);
    return this.previews.preview(caller, definition, request, AbortSignal.timeout(PREVIEW_MS));
  }

  @Get(':name/graph')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({
    summary: 'Get a workflow as a Mermaid flowchart, with the states of a run if one is named',
    operationId: 'getWorkflowGraph',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async graph(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: schemas.graphQuery }) { version, run }: z.output<typeof schemas.graphQuery>,
  ) {
    return found(await this.runs.graph(caller, name, { version, runId: run }), 'workflow');
  }
}
