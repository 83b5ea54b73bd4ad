import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { found, IdParam } from '../../platform/http/index.js';
import { AnswerInput, INPUT_STORE, type InputStore } from '../../turn/index.js';
import {
  answeredInputResponse,
  answerInputBody,
  inputResponse,
  inputsQuery,
  inputsResponse,
  type AnswerInputBody,
} from './input-schemas.js';
import { answerFrom, inputPosition, inputsPage } from './present.js';

@ApiTags('inputs')
@Controller('inputs')
export class InputsController {
  constructor(
    @Inject(INPUT_STORE) private readonly inputs: InputStore,
    private readonly answerInput: AnswerInput,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List what turns wait for that you may answer', operationId: 'listInputs' })
  @ApiOkResponse({ standardSchema: inputsResponse })
  async list(
    @CurrentUser() caller: Caller,
    @Query({ schema: inputsQuery }) { status, limit, cursor }: z.output<typeof inputsQuery>,
  ) {
    return inputsPage(await this.inputs.list(caller, status, limit, inputPosition(cursor)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get what a turn waits for', operationId: 'getInput' })
  @ApiOkResponse({ standardSchema: inputResponse })
  async get(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { input: found(await this.inputs.find(caller, id), 'input') };
  }

  @Post(':id')
  @HttpCode(202)
  @ApiOperation({ summary: 'Answer what a turn waits for; the turn goes on', operationId: 'answerInput' })
  @ApiAcceptedResponse({ standardSchema: answeredInputResponse })
  answer(
    @CurrentUser() caller: Caller,
    @IdParam() id: string,
    @Body({ schema: answerInputBody }) body: AnswerInputBody,
  ) {
    return this.answerInput.answer(caller, id, answerFrom(body));
  }
}
