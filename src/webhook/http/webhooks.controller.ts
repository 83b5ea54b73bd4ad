import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { timeSchema, type Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { WEBHOOK_EVENTS } from '../../platform/config/index.js';
import { decodeCursor, encodeCursor, pageQuery } from '../../platform/http/index.js';
import { ListWebhooks } from '../app/list-webhooks.js';

const count = z.number().int();

const webhooksResponse = z.object({
  webhooks: z.array(
    z
      .object({
        name: z.string(),
        url: z.string(),
        events: z.array(z.enum(WEBHOOK_EVENTS)),
        pending: count.describe('Deliveries that are still to be made.'),
        dead: count.describe('Deliveries that were given up in the last seven days.'),
      })
      .meta({ id: 'Webhook' }),
  ),
});

const deliveriesResponse = z.object({
  deliveries: z.array(
    z
      .object({
        id: z.uuid().describe('What the receiver knows it by: `webhook-id`.'),
        webhook: z.string(),
        type: z.enum(WEBHOOK_EVENTS),
        attempts: count,
        error: z.string(),
        createdAt: timeSchema,
        diedAt: timeSchema,
      })
      .meta({ id: 'DeadDelivery' }),
  ),
  nextCursor: z.string().nullable(),
});

const keyset = z.tuple([z.guid()]);

@ApiTags('webhooks')
@Roles('admin')
@Controller('webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: ListWebhooks) {}

  @Get()
  @ApiOperation({
    summary: 'List the webhooks of the organisation, and how they do',
    operationId: 'listWebhooks',
    description: 'For administrators. They are configured by the operator, in `WEBHOOKS_FILE`.',
  })
  @ApiOkResponse({ standardSchema: webhooksResponse })
  async list(@CurrentUser() { org }: Caller) {
    return { webhooks: await this.webhooks.list(org) };
  }

  @Get('deliveries')
  @ApiOperation({
    summary: 'List what could not be delivered and was given up, the newest first',
    operationId: 'listDeadDeliveries',
    description: 'For administrators. It is kept for seven days.',
  })
  @ApiOkResponse({ standardSchema: deliveriesResponse })
  async dead(
    @CurrentUser() { org }: Caller,
    @Query({ schema: pageQuery }) { limit, cursor }: z.output<typeof pageQuery>,
  ) {
    const page = await this.webhooks.dead(org, limit, decodeCursor(cursor, keyset)?.[0]);
    const { deliveries, lastId } = page;
    return { deliveries, nextCursor: lastId === undefined ? null : encodeCursor([lastId]) };
  }
}
