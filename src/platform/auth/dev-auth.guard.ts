import {
  Inject,
  Injectable,
  NotFoundException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { isForwarded } from './forwarding.js';

/**
 * Routes that exist only while dev auth is on, and only for this machine: otherwise they are not found, whatever is sent
 * to them. A proxy on the same machine passes on what comes from elsewhere, so what was passed on finds nothing either.
 */
@Injectable()
export class DevAuthGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'devAuth'>) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!this.config.devAuth || isForwarded(request)) throw new NotFoundException();
    return true;
  }
}
