import { Module } from '@nestjs/common';
import { LlmModule } from '../llm/index.js';
import { ToolModule } from '../tool/index.js';
import { CheckHealth } from './check-health.js';
import { HealthController } from './health.controller.js';

/** Health endpoints for monitoring and orchestrators. */
@Module({ imports: [LlmModule, ToolModule], controllers: [HealthController], providers: [CheckHealth] })
export class HealthModule {}
