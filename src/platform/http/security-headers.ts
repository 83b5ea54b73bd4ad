import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * What every answer carries, whoever writes it: a handler, the router, or the parser of HTTP. They are the same for all
 * of them, so they are worked out once. A route that has its own `Cache-Control` overrides the one here.
 */
export const SECURITY_HEADERS: ReadonlyMap<string, string> = new Map([
  ...headersOf(
    helmet({
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
    }),
  ),
  ['Cache-Control', 'no-store'],
]);

function headersOf(middleware: ReturnType<typeof helmet>): Map<string, string> {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => void headers.set(name, value),
    removeHeader: () => undefined,
  };
  middleware({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}
