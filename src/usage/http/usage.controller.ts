import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { ReportUsage } from '../app/report-usage.js';
import { encodeUsage, positionFrom } from './usage-page.js';
import { usageResponse, usageQuery } from './usage-schemas.js';

/** Usage of models, and its cost. */
@ApiTags('usage')
@Controller('usage')
export class UsageController {
  constructor(private readonly reportUsage: ReportUsage) {}

  @ApiOperation({
    summary: 'Sum up tokens and cost',
    operationId: 'getUsage',
    description:
      'Every attempt counts, with its retries: also the failed and cancelled ones. Groups are listed by day, hour, ' +
      'user, thread, turn, step, round, purpose, provider, model, operation and outcome, whichever of them are asked for.',
  })
  @ApiOkResponse({ standardSchema: usageResponse })
  @Get()
  async report(
    @CurrentUser() caller: Caller,
    @Query({ schema: usageQuery }) query: z.output<typeof usageQuery>,
  ) {
    return encodeUsage(await this.reportUsage.report(caller, query, positionFrom(query.cursor)));
  }
}
