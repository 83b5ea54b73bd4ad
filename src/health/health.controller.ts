import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public } from '../platform/auth/index.js';
import { SkipRateLimit } from '../platform/http/index.js';
import { CheckHealth } from './check-health.js';

const answer = z
  .object({
    status: z.enum(['ok', 'degraded']),
    server: z.string(),
    version: z.string(),
    connected_servers: z.array(z.string()),
    llm_providers: z.array(z.string()),
    current_provider: z.string(),
    database: z.enum(['up', 'down']),
    listener: z.enum(['up', 'down']),
    redis: z.enum(['up', 'down']).optional(),
    uptimeSeconds: z.number().int(),
  })
  .meta({ id: 'Health' });
const state = z.object({ status: z.literal('ok') });

@ApiTags('health')
@Public()
@SkipRateLimit()
@Controller('health')
export class HealthController {
  constructor(private readonly checkHealth: CheckHealth) {}

  @Get()
  @ApiOperation({ summary: 'What this server is and how it is', operationId: 'getHealth' })
  @ApiOkResponse({ standardSchema: answer })
  all() {
    return this.checkHealth.report();
  }

  @Get('live')
  @ApiOperation({
    summary: 'Whether the process answers and its heartbeats get through to the database',
    operationId: 'getLiveness',
  })
  @ApiOkResponse({ standardSchema: state })
  live() {
    return this.checkHealth.alive();
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether it can take messages now', operationId: 'getReadiness' })
  @ApiOkResponse({ standardSchema: state })
  ready() {
    return this.checkHealth.ready();
  }
}
