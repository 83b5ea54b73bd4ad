import { Controller, createParamDecorator, Get, type ExecutionContext } from '@nestjs/common';
import { ApiDefaultResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import { modelResponse, modelsResponse, openAiErrorSchema } from './response-schemas.js';
import { OfferedModels } from './offered-models.js';

/** The part of the path that matches the route's `*`. */
const RestOfPath = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<{ readonly params: { readonly '*': string } }>().params['*'],
);

@ApiTags('openai')
@ApiDefaultResponse({ standardSchema: openAiErrorSchema })
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: OfferedModels) {}

  @Get()
  @ApiOperation({
    summary: 'List the models of all providers, in OpenAI’s words',
    operationId: 'listOfferedModels',
  })
  @ApiOkResponse({ standardSchema: modelsResponse })
  async list() {
    return { object: 'list', data: await this.models.list() };
  }

  @Get('*')
  @ApiOperation({ summary: 'Read a model, in OpenAI’s words', operationId: 'getOfferedModel' })
  @ApiParam({ name: 'path', schema: { type: 'string' }, description: '`provider/model`, with its slashes' })
  @ApiOkResponse({ standardSchema: modelResponse })
  get(@CurrentUser() caller: Caller, @RestOfPath() name: string) {
    return this.models.get(caller, name);
  }
}
