import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser, Roles } from '../../platform/auth/index.js';
import { ListProviders } from '../app/list-providers.js';
import { ProviderHealth } from '../app/provider-health.js';
import { SelectProvider } from '../app/select-provider.js';
import { presentModels, presentProviders, presentSelected } from './present-models.js';
import * as schemas from './provider-schemas.js';

/** The providers of language models: list, models, health and selection. */
@ApiTags('providers')
@Controller('providers')
export class ProvidersController {
  constructor(
    private readonly listProviders: ListProviders,
    private readonly selectProvider: SelectProvider,
    private readonly providerHealth: ProviderHealth,
  ) {}

  @ApiOperation({ summary: 'List the providers, configured or not', operationId: 'listProviders' })
  @ApiOkResponse({ standardSchema: schemas.providersResponse })
  @Get()
  async list(@CurrentUser() caller: Caller) {
    return presentProviders(await this.listProviders.list(caller.org));
  }

  @ApiOperation({
    summary: 'Probe the configured providers',
    operationId: 'getProvidersHealth',
    description: 'Each is asked for its models, at most every ten seconds and for five.',
  })
  @ApiOkResponse({ standardSchema: schemas.providersHealthResponse })
  @Get('health')
  async health() {
    return { providers: await this.providerHealth.check() };
  }

  @ApiOperation({ summary: 'List what is known of the models of a provider', operationId: 'listModels' })
  @ApiOkResponse({ standardSchema: schemas.modelsResponse })
  @Get(':name/models')
  async models(@Param('name') name: string) {
    return presentModels(await this.listProviders.models(name));
  }

  @ApiOperation({
    summary: 'Make a provider the one that is asked when a request names none',
    operationId: 'selectProvider',
    description:
      'For administrators: for their own organisation. With `scope=all`, for operators: for every organisation that has ' +
      'not chosen its own. It is kept across restarts, and every process of this server follows.',
  })
  @ApiOkResponse({ standardSchema: schemas.selectedResponse })
  @Roles('admin', 'operator')
  @HttpCode(200)
  @Post(':name/select')
  async select(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: schemas.selectQuery }) { scope }: z.output<typeof schemas.selectQuery>,
  ) {
    return presentSelected(await this.selectProvider.select(caller, name, scope));
  }
}
