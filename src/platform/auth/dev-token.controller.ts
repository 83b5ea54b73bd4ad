import { Body, Controller, Header, Post, UseGuards } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { devTokenResponse, devTokenRequest } from './auth.schemas.js';
import { DevAuthGuard } from './dev-auth.guard.js';
import { Public } from './decorators.js';
import { DevTokens, type DevToken } from './dev-tokens.js';

@ApiTags('auth')
@Controller('auth')
@UseGuards(DevAuthGuard)
export class DevTokenController {
  constructor(private readonly devTokens: DevTokens) {}

  @Public()
  @Post('dev-token')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Make a token for anybody; not found unless dev auth is on',
    operationId: 'createDevToken',
  })
  @ApiCreatedResponse({ standardSchema: devTokenResponse })
  issue(@Body({ schema: devTokenRequest }) body: z.output<typeof devTokenRequest>): Promise<DevToken> {
    return this.devTokens.issue(body);
  }
}
