import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import {
  AnswerInput,
  CancelTurn,
  INPUT_STORE,
  TURN_STORE,
  type InputStore,
  type TurnStore,
} from '../../turn/index.js';
import type { z } from 'zod';
import { turnResponse } from './chat-schemas.js';
import { answeredInputResponse, answerTurnInputBody } from './input-schemas.js';
import { answerFrom } from './present.js';

@ApiTags('turns')
@Controller('chat/threads/:id/turns/:turnId')
export class TurnsController {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    @Inject(INPUT_STORE) private readonly inputs: InputStore,
    private readonly cancelTurn: CancelTurn,
    private readonly answerInput: AnswerInput,
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

  @Post('input')
  @HttpCode(202)
  @ApiOperation({ summary: 'Answer what the turn waits for; it goes on', operationId: 'answerTurnInput' })
  @ApiAcceptedResponse({ standardSchema: answeredInputResponse })
  async input(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @IdParam('turnId') turnId: string,
    @Body({ schema: answerTurnInputBody }) { inputId, ...body }: z.output<typeof answerTurnInputBody>,
  ) {
    const input = await this.inputs.find(caller, inputId);
    found(input?.threadId === id && input.turnId === turnId ? input : undefined, 'input');
    return this.answerInput.answer(caller, inputId, answerFrom(body));
  }
}
