import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { ListThreads, THREAD_STORE, type ThreadStore } from '../../thread/index.js';
import { CreateThread } from '../app/create-thread.js';
import { DeleteThread } from '../app/delete-thread.js';
import { MoveHead } from '../app/move-head.js';
import {
  createThreadBody,
  moveHeadBody,
  threadResponse,
  threadsResponse,
  threadsQuery,
  updateThreadBody,
} from './chat-schemas.js';
import { threadPosition, threadsPage } from './present.js';

@ApiTags('threads')
@Controller('chat/threads')
export class ThreadsController {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly createThread: CreateThread,
    private readonly deleteThread: DeleteThread,
    private readonly listThreads: ListThreads,
    private readonly moveHead: MoveHead,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make a thread', operationId: 'createThread' })
  @ApiCreatedResponse({ standardSchema: threadResponse })
  async create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createThreadBody }) body: z.output<typeof createThreadBody>,
  ) {
    return { thread: await this.createThread.create(caller, body) };
  }

  @Get()
  @ApiOperation({ summary: 'List threads, newest activity first', operationId: 'listThreads' })
  @ApiOkResponse({ standardSchema: threadsResponse })
  async list(
    @CurrentUser() caller: Caller,
    @Query({ schema: threadsQuery }) { limit, cursor, q }: z.output<typeof threadsQuery>,
  ) {
    return threadsPage(await this.listThreads.list(caller, limit, threadPosition(cursor), q));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a thread', operationId: 'getThread' })
  @ApiOkResponse({ standardSchema: threadResponse })
  async get(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { thread: found(await this.threads.find(caller, id), 'thread') };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a thread’s title or metadata', operationId: 'updateThread' })
  @ApiOkResponse({ standardSchema: threadResponse })
  async update(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Body({ schema: updateThreadBody }) body: z.output<typeof updateThreadBody>,
  ) {
    return { thread: found(await this.threads.update(caller, id, body), 'thread') };
  }

  @Post(':id/head')
  @HttpCode(200)
  @ApiOperation({ summary: 'Choose the branch that is shown and continued', operationId: 'moveHead' })
  @ApiOkResponse({ standardSchema: threadResponse })
  async move(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Body({ schema: moveHeadBody }) { turnId }: z.output<typeof moveHeadBody>,
  ) {
    return { thread: await this.moveHead.move(caller, id, turnId) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a thread; a running turn is stopped first', operationId: 'deleteThread' })
  @ApiNoContentResponse()
  async remove(@CurrentUser() caller: Caller, @IdParam() id: string): Promise<void> {
    await this.deleteThread.delete(caller, id);
  }
}
