import {
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  NotFoundException,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Public } from '../auth/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { Metrics } from '../telemetry/index.js';
import { SkipRateLimit } from './rate-limit.guard.js';

/** Makes the route not found if metrics are disabled. */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'METRICS'>) {}

  canActivate(): boolean {
    if (!this.config.METRICS) throw new NotFoundException();
    return true;
  }
}

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
