import { Controller, Delete, Get, HttpCode } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { IdParam } from '../../platform/http/index.js';
import { Approvals } from '../app/approvals.js';
import { approvalsResponse } from './tool-schemas.js';

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
  async list(@CurrentUser() caller: Caller) {
    return { approvals: await this.approvals.list(caller) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Be asked again before a tool is called', operationId: 'deleteApproval' })
  @ApiNoContentResponse()
  remove(@CurrentUser() caller: Caller, @IdParam() id: string): Promise<void> {
    return this.approvals.forget(caller, id);
  }
}
