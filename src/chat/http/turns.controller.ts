import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
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
import { StartDetached } from '../app/start-detached.js';
import { postMessageBody, startedTurnResponse, turnResponse } from './chat-schemas.js';
import { answeredInputResponse, answerTurnInputBody } from './input-schemas.js';
import { answerFrom } from './present.js';
import { IdempotencyKey } from './request-parts.js';

@ApiTags('turns')
@Controller('chat/threads/:id/turns')
export class TurnsController {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    @Inject(INPUT_STORE) private readonly inputs: InputStore,
    private readonly cancelTurn: CancelTurn,
    private readonly answerInput: AnswerInput,
    private readonly startDetached: StartDetached,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Start a turn, to be read on the thread’s stream', operationId: 'startTurn' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body: the same turn.',
  })
  @ApiAcceptedResponse({ standardSchema: startedTurnResponse })
  start(
    @CurrentUser() caller: Caller,
    @IdParam() threadId: string,
    @Body({ schema: postMessageBody }) body: z.output<typeof postMessageBody>,
    @IdempotencyKey() key: string | undefined,
  ) {
    return this.startDetached.start(caller, threadId, body, key);
  }

  @Get(':turnId')
  @ApiOperation({ summary: 'Get a turn', operationId: 'getTurn' })
  @ApiOkResponse({ standardSchema: turnResponse })
  async get(@CurrentUser() caller: Caller, @IdParam() id: string, @IdParam('turnId') turnId: string) {
    return { turn: found(await this.turns.find(caller, id, turnId), 'turn') };
  }

  @Post(':turnId/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Stop a turn; what was said is kept', operationId: 'cancelTurn' })
  @ApiAcceptedResponse({ standardSchema: turnResponse })
  async cancel(@CurrentUser() caller: Caller, @IdParam() id: string, @IdParam('turnId') turnId: string) {
    return { turn: await this.cancelTurn.cancel(caller, id, turnId) };
  }

  @Post(':turnId/input')
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
