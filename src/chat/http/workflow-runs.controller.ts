import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import { AppError, type Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { INPUT_STORE, type InputStore } from '../../turn/index.js';
import { ReadRun, runSchema } from '../../workflow/index.js';
import { ContinueRun } from '../app/continue-run.js';
import { StartThread } from '../app/start-thread.js';
import { threadResponse, turnResponse } from './chat-schemas.js';
import { inputSchema } from './input-schemas.js';

const time = z.iso.datetime();
const shownRunSchema = runSchema
  .extend({
    active: z
      .array(z.object({ at: z.string(), since: z.number().int() }))
      .describe('The steps that it is at.'),
    steps: z.array(
      z.object({
        step: z.string(),
        status: z.enum(['completed', 'skipped', 'failed', 'opened']),
        stepsBefore: z.number().int(),
        turnId: z.uuid(),
        startedAt: time,
        endedAt: time,
        errorCode: z.string().nullable(),
      }),
    ),
    state: z.record(z.string(), z.unknown()).describe('The variables that its steps have left.'),
    inputs: z.array(inputSchema).describe('What it waits for.'),
  })
  .meta({ id: 'ShownWorkflowRun' });
const startBody = z.strictObject({ input: z.union([z.string().min(1), z.record(z.string(), z.unknown())]) });
const forkBody = z.strictObject({ step: z.string().min(1).max(1_000) });
const MAX_INPUT_CHARS = 100_000;
const runResponse = z.object({ run: shownRunSchema });

@ApiTags('workflows')
@Controller('workflows')
export class WorkflowRunsController {
  constructor(
    private readonly runs: ReadRun,
    private readonly continueRun: ContinueRun,
    private readonly startThread: StartThread,
    @Inject(THREAD_STORE) private readonly threads: Pick<ThreadStore, 'find'>,
    @Inject(INPUT_STORE) private readonly inputs: Pick<InputStore, 'openOf'>,
  ) {}

  @Get('runs/:id')
  @ApiOperation({
    summary: 'Get a workflow run: its steps and variables, and what it waits for',
    operationId: 'getWorkflowRun',
  })
  @ApiOkResponse({ standardSchema: runResponse })
  async run(@CurrentUser() caller: Caller, @IdParam() id: string) {
    const { run, ...rest } = found(await this.runs.read(caller, id), 'workflow run');
    const { position: _position, definedBy: _definedBy, ...shown } = run;
    const { activeTurnId } = found(await this.threads.find(caller, run.threadId), 'workflow run');
    const inputs = activeTurnId === null ? [] : await this.inputs.openOf(caller, activeTurnId);
    return { run: { ...shown, ...rest, inputs } };
  }

  @Post('runs/:id/retry')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Go on with a run from the step at which it has failed',
    operationId: 'retryWorkflowRun',
    description:
      'The message of the turn that has failed is sent once more, behind it. Steps that were completed are not run again.',
  })
  @ApiAcceptedResponse({ standardSchema: turnResponse })
  async retry(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { turn: (await this.continueRun.retry(caller, id)).turn };
  }

  @Post('runs/:id/fork')
  @ApiOperation({
    summary: 'Make a thread whose run stands where this one was when it came to a step',
    operationId: 'forkWorkflowRun',
    description: 'It has the variables that there were by then, and none of the messages.',
  })
  @ApiCreatedResponse({ standardSchema: threadResponse })
  async fork(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Body({ schema: forkBody }) { step }: z.output<typeof forkBody>,
  ) {
    return { thread: await this.continueRun.fork(caller, id, step) };
  }

  @Post(':name/runs')
  @Roles('admin')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Start a run on a thread of its own',
    operationId: 'startWorkflowRun',
    description: 'For administrators. The thread’s message is the input; a workflow reads it as `input`.',
  })
  @ApiAcceptedResponse({ standardSchema: turnResponse })
  async start(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Body({ schema: startBody }) { input }: z.output<typeof startBody>,
  ) {
    const content = typeof input === 'string' ? input : JSON.stringify(input);
    if (content.length > MAX_INPUT_CHARS)
      throw new AppError('VALIDATION_FAILED', `The input has more than ${MAX_INPUT_CHARS} characters.`);
    return { turn: (await this.startThread.start(caller, { content, input }, name)).turn };
  }
}
