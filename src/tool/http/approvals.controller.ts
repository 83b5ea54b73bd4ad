import { Controller, Delete, Get, HttpCode, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { decodeCursor, encodeCursor, IdParam, pageQuery } from '../../platform/http/index.js';
import { Approvals } from '../app/approvals.js';
import { approvalsResponse } from './tool-schemas.js';

const keyset = z.tuple([z.guid()]);

@ApiTags('tools')
@Controller('me/approvals')
export class ApprovalsController {
  constructor(private readonly approvals: Approvals) {}

  @Get()
  @ApiOperation({
    summary: 'List what you have agreed to once and for all, the newest first',
    operationId: 'listApprovals',
  })
  @ApiOkResponse({ standardSchema: approvalsResponse })
  async list(
    @CurrentUser() caller: Caller,
    @Query({ schema: pageQuery }) { limit, cursor }: z.output<typeof pageQuery>,
  ) {
    const [after] = decodeCursor(cursor, keyset) ?? [];
    const { approvals, next } = await this.approvals.page(caller, limit, after);
    return { approvals, nextCursor: next === undefined ? null : encodeCursor([next]) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Be asked again before a tool is called', operationId: 'deleteApproval' })
  @ApiNoContentResponse()
  remove(@CurrentUser() caller: Caller, @IdParam() id: string): Promise<void> {
    return this.approvals.forget(caller, id);
  }
}
