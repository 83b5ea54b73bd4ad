import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/index.js';
import { validationPipe } from './validation.js';

const PREFLIGHT_SECONDS = 600;

/** What every application of ours needs besides its modules: validation, security headers, and CORS if asked for. */
export async function configureHttp(app: NestFastifyApplication, config: Config): Promise<void> {
  app.useGlobalPipes(validationPipe());
  if (config.CORS_ORIGINS !== undefined) {
    app.enableCors({
      origin: config.CORS_ORIGINS.includes('*') ? '*' : [...config.CORS_ORIGINS],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: [
        'X-Request-Id',
        'Retry-After',
        'X-RateLimit-Limit',
        'X-RateLimit-Remaining',
        'X-RateLimit-Reset',
      ],
      maxAge: PREFLIGHT_SECONDS,
    });
  }
  await app.register(helmet, {
    // Everything a page of ours loads comes from here. Swagger UI sets styles from its script and draws data: images.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // TLS ends in front of this server, and whoever ends it knows whether it is for ever.
    strictTransportSecurity: false,
  });
}
