import { Inject, Injectable, NotFoundException, type CanActivate } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';

/** Routes that exist only while dev auth is on: otherwise they are not found, whatever is sent to them. */
@Injectable()
export class DevAuthGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'devAuth'>) {}

  canActivate(): boolean {
    if (!this.config.devAuth) throw new NotFoundException();
    return true;
  }
}
