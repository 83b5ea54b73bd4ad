import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { decodeCursor, encodeCursor, IdParam, pageQuery } from '../../platform/http/index.js';
import { Memories } from '../app/memories.js';
import { NO_PROFILE } from '../core/profile.js';
import { PROFILE_STORE, type ProfileStore } from '../ports/profile-store.js';
import * as schemas from './profile-schemas.js';

/** The list's sort key is the id, which is time-ordered. */
const keyset = z.tuple([z.guid()]);

@ApiTags('profile')
@Controller('me')
export class ProfileController {
  constructor(
    @Inject(PROFILE_STORE) private readonly store: Pick<ProfileStore, 'profile' | 'put'>,
    private readonly memories: Memories,
  ) {}

  @Get('profile')
  @ApiOperation({ summary: 'Read what you have said of yourself', operationId: 'getProfile' })
  @ApiOkResponse({ standardSchema: schemas.profileResponse })
  async profile(@CurrentUser() caller: Caller) {
    return { profile: (await this.store.profile(caller)) ?? NO_PROFILE };
  }

  @Put('profile')
  @ApiOperation({
    summary: 'Say how you want to be answered, in place of what you said before',
    operationId: 'putProfile',
    description: 'Models are told of it in steps of workflows that say so, in your own turns alone.',
  })
  @ApiOkResponse({ standardSchema: schemas.profileResponse })
  async put(
    @CurrentUser() caller: Caller,
    @Body({ schema: schemas.profileBody }) profile: schemas.ProfileBody,
  ) {
    return { profile: await this.store.put(caller, profile) };
  }

  @Get('memories')
  @ApiOperation({
    summary: 'List what is to be remembered of you, the newest first',
    operationId: 'listMemories',
  })
  @ApiOkResponse({ standardSchema: schemas.memoriesResponse })
  async list(
    @CurrentUser() caller: Caller,
    @Query({ schema: pageQuery }) { limit, cursor }: z.output<typeof pageQuery>,
  ) {
    const before = decodeCursor(cursor, keyset)?.[0];
    const { memories, lastId } = await this.memories.list(caller, limit, before);
    return { memories, nextCursor: lastId === undefined ? null : encodeCursor([lastId]) };
  }

  @Post('memories')
  @ApiOperation({ summary: 'Have something remembered of you', operationId: 'addMemory' })
  @ApiCreatedResponse({ standardSchema: schemas.memoryResponse })
  async add(
    @CurrentUser() caller: Caller,
    @Body({ schema: schemas.memoryBody }) { content }: schemas.MemoryBody,
  ) {
    return { memory: await this.memories.add(caller, content) };
  }

  @Delete('memories/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Have it forgotten', operationId: 'deleteMemory' })
  @ApiNoContentResponse()
  remove(@CurrentUser() caller: Caller, @IdParam() id: string): Promise<void> {
    return this.memories.remove(caller, id);
  }
}
