import { Inject, Injectable, NotFoundException, type CanActivate } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';

/** Makes the route one that is not found where the operator wants no metrics. */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'METRICS'>) {}

  canActivate(): boolean {
    if (!this.config.METRICS) throw new NotFoundException();
    return true;
  }
}
