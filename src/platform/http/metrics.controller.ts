import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Public } from '../auth/index.js';
import { Metrics } from '../telemetry/index.js';
import { MetricsGuard } from './metrics.guard.js';
import { SkipRateLimit } from './rate-limit.guard.js';

@ApiTags('health')
@Public()
@SkipRateLimit()
@UseGuards(MetricsGuard)
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'What the server measures of itself, for Prometheus; not found when METRICS is false',
    operationId: 'getMetrics',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  text() {
    return this.metrics.text();
  }
}
