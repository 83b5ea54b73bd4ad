import { Body, Controller, Header, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { streamTicketResponse, streamTicketRequest } from './auth.schemas.js';
import { CurrentUser } from './decorators.js';
import { StreamTickets, type StreamTicket } from './stream-tickets.js';

@ApiTags('auth')
@Controller('auth')
export class StreamTicketController {
  constructor(private readonly tickets: StreamTickets) {}

  @Post('stream-ticket')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Make a ticket for the stream of one thread',
    operationId: 'createStreamTicket',
  })
  @ApiCreatedResponse({ standardSchema: streamTicketResponse })
  issue(
    @CurrentUser() caller: Caller,
    @Body({ schema: streamTicketRequest }) body: z.output<typeof streamTicketRequest>,
  ): Promise<StreamTicket> {
    return this.tickets.issue(caller, body.threadId);
  }
}
