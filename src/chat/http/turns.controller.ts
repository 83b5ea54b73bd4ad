import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { CancelTurn, TURN_STORE, type TurnStore } from '../../turn/index.js';
import { turnResponse } from './chat-schemas.js';

@ApiTags('turns')
@Controller('chat/threads/:id/turns/:turnId')
export class TurnsController {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    private readonly cancelTurn: CancelTurn,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Get a turn', operationId: 'getTurn' })
  @ApiOkResponse({ standardSchema: turnResponse })
  async get(@CurrentUser() caller: Caller, @IdParam() id: string, @IdParam('turnId') turnId: string) {
    return { turn: found(await this.turns.find(caller, id, turnId), 'turn') };
  }

  @Post('cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Stop a turn; what was said is kept', operationId: 'cancelTurn' })
  @ApiAcceptedResponse({ standardSchema: turnResponse })
  async cancel(@CurrentUser() caller: Caller, @IdParam() id: string, @IdParam('turnId') turnId: string) {
    return { turn: await this.cancelTurn.cancel(caller, id, turnId) };
  }
}
