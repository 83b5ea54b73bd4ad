import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AppError } from '../../kernel/index.js';
import { Public } from '../../platform/auth/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { METADATA_PATH } from './mcp-error.js';
import { issuersOf } from './issuers.js';

/**
 * Tells clients of `/mcp` who issues its tokens (RFC 9728); `NOT_FOUND` where no issuer is configured whom they could ask.
 */
@ApiExcludeController()
@Public()
@Controller()
export class ProtectedResourceController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get([METADATA_PATH, '/.well-known/oauth-protected-resource'])
  @Header('cache-control', 'public, max-age=300')
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
