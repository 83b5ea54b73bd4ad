import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/index.js';

type CorsConfig = Pick<Config, 'CORS_ORIGINS'>;

const PREFLIGHT_SECONDS = 600;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const EXPOSED_HEADERS = [
  'X-Request-Id',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];

/** Allows the configured origins, if there are any. */
export function enableCors(app: NestFastifyApplication, config: CorsConfig): void {
  if (config.CORS_ORIGINS === undefined) return;
  app.enableCors({
    origin: isForAll(config.CORS_ORIGINS) ? '*' : [...config.CORS_ORIGINS],
    methods: METHODS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
    // A plain OPTIONS request is valid as well.
    strictPreflight: false,
  });
}

/** The CORS headers for a response that is sent before the framework handles the request. */
export function corsHeaders({ CORS_ORIGINS: origins }: CorsConfig, origin: string | undefined) {
  if (origins === undefined) return {};
  const exposed = { 'access-control-expose-headers': EXPOSED_HEADERS.join(', ') };
  if (isForAll(origins)) return { 'access-control-allow-origin': '*', ...exposed };
  const isAllowed = origin !== undefined && origins.includes(origin);
  return { vary: 'Origin', ...exposed, ...(isAllowed ? { 'access-control-allow-origin': origin } : {}) };
}

function isForAll(origins: readonly string[]): boolean {
  return origins.includes('*');
}
