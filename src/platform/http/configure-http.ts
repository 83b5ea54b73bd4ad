import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/index.js';
import { enableCors } from './cors.js';
import { validationPipe } from './validation.js';

/** What every application of ours needs besides its modules and its adapter: validation, and CORS if asked for. */
export function configureHttp(app: NestFastifyApplication, config: Config): Promise<void> {
  app.useGlobalPipes(validationPipe());
  enableCors(app, config);
  return Promise.resolve();
}
