import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AppError } from '../../kernel/index.js';
import { Public } from '../../platform/auth/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { METADATA_PATH } from './mcp-error.js';
import { issuersOf } from './issuers.js';

const metadataResponse = z.object({
  resource: z.string(),
  resource_name: z.string(),
  authorization_servers: z.array(z.string()),
  bearer_methods_supported: z.array(z.string()),
});

/** Tells clients of `/mcp` who issues its tokens. */
@ApiTags('mcp')
@Public()
@Controller()
export class ProtectedResourceController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get([METADATA_PATH, '/.well-known/oauth-protected-resource'])
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({
    summary: 'Say who issues the tokens for /mcp (RFC 9728)',
    operationId: 'protectedResource',
    description: 'NOT_FOUND where no issuer is configured whose tokens clients could ask for.',
  })
  @ApiOkResponse({ standardSchema: metadataResponse })
  metadata(@Req() { protocol, host }: { readonly protocol: string; readonly host: string }) {
    const issuers = issuersOf(this.config);
    if (issuers.length === 0)
      throw new AppError('NOT_FOUND', 'No issuer of tokens is configured that can be named.');
    return {
      resource: `${protocol}://${host}/mcp`,
      resource_name: 'Threadline',
      authorization_servers: issuers,
      bearer_methods_supported: ['header'],
    };
  }
}
