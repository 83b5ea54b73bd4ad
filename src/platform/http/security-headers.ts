import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * The headers of every response, whether from a handler, the router, or the HTTP parser. They are constant, so they are
 * computed once. A route with its own `Cache-Control` overrides the one here.
 */
export const SECURITY_HEADERS: ReadonlyMap<string, string> = new Map([
  ...headersOf(
    helmet({
      // Our pages load everything from this server. Swagger UI sets styles from its script and draws data: images.
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
      // TLS is terminated by a proxy, which decides about HSTS.
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
