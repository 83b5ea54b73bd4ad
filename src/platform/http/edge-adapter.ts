import type { ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppError, patiently } from '../../kernel/index.js';
import type { Config } from '../config/index.js';
import { answerClientError } from './client-error.js';
import { errorHeaders } from './error-answer.js';
import { checkLocalHost } from './host-check.js';
import { checkJsonText } from './json-body.js';
import { requestIdFrom } from './request-id.js';
import { takesFiles } from './route-options.js';
import { toClientError } from './to-client-error.js';

const MAX_PARAMETER_LENGTH = 512;
/** How long a request may take to arrive, so that one sent a byte at a time does not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the idle time-outs of common proxies: the proxy closes first, and no request meets a closing socket. */
const KEEP_ALIVE_MS = 75_000;
const MAX_FORM_FIELDS = 20;
const MAX_FORM_FIELD_BYTES = 65_536;

interface IncomingHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Fastify with the project's bounds, its request ids and its error bodies, down to what never reaches Nest. */
class EdgeAdapter extends FastifyAdapter {
  private closing = false;
  private hasListened = false;
  private readonly underWay = new Set<ServerResponse>();

  constructor(private readonly config: Config) {
    super(fastifyOptions(config));
    this.takeJsonOnly();
    this.allowDocuments();
    this.getInstance().addHook('onRequest', (request, reply, done) => {
      // On the raw response, so that event streams, which Nest writes there, carry it as well.
      reply.raw.setHeader('X-Request-Id', request.id);
      this.underWay.add(reply.raw);
      reply.raw.once('close', () => this.underWay.delete(reply.raw));
      // On its way out: the next request should not come over this connection any more.
      if (this.hasStopped()) reply.raw.setHeader('Connection', 'close');
      try {
        this.check(request, request.is404 || takesFiles(request.routeOptions.config));
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  }

  /** Nest would add parsers for forms and for other JSON types. */
  override registerParserMiddleware(): void {}

  override beforeClose(): void {
    this.closing = true;
    super.beforeClose();
  }

  /** Resolves when every answer is through to its client, or after so many milliseconds. */
  async answersSent(milliseconds: number): Promise<void> {
    const sent = [...this.underWay].map(
      (response) => new Promise((resolve) => response.once('close', resolve)),
    );
    await patiently(milliseconds, Promise.all(sent));
  }

  private hasStopped(): boolean {
    this.hasListened ||= this.httpServer.listening;
    return this.hasListened && !this.httpServer.listening;
  }

  private check({ headers }: IncomingHeaders, multipartIsFine: boolean): void {
    if (this.closing) {
      throw new AppError('SHUTTING_DOWN', 'This server is shutting down. Send the request again.', {
        retryAfter: 1,
      });
    }
    if (this.config.devAuth) checkLocalHost(headers['host']);
    if (isMultipart(headers['content-type']) && !multipartIsFine) {
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'No files are taken here. Send application/json.');
    }
  }

  /** A foreign page can post forms and plain text without asking first, but not JSON. */
  private takeJsonOnly(): void {
    const instance = this.getInstance();
    const parse = instance.getDefaultJsonParser('remove', 'remove');
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string' },
      (request, text, done) => {
        // Clients that always name a type do so for an empty body too.
        if (text.trim() === '') return done(null, undefined);
        try {
          checkJsonText(text);
        } catch (error) {
          return done(error as Error);
        }
        return void parse(request, text, done);
      },
    );
  }

  /** A document that comes as JSON is longer than the document: quotes, line ends and the like are escaped. */
  private allowDocuments(): void {
    const limit = Math.max(this.config.BODY_LIMIT, 2 * this.config.MAX_DOCUMENT_BYTES + MAX_FORM_FIELD_BYTES);
    this.getInstance().addHook('onRoute', (route) => {
      if (takesFiles(route.config)) route.bodyLimit = limit;
    });
  }
}

/** The HTTP server of the application; `configureHttp` does the rest once the application exists. */
export function createAdapter(config: Config): FastifyAdapter {
  return new EdgeAdapter(config);
}

/** Waits until every answer of the application is through to its client, for so many milliseconds at most. */
export async function answersSent(app: { getHttpAdapter(): unknown }, milliseconds: number): Promise<void> {
  const adapter = app.getHttpAdapter();
  if (adapter instanceof EdgeAdapter) await adapter.answersSent(milliseconds);
}

function fastifyOptions(config: Config) {
  return {
    bodyLimit: config.BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: config.TRUST_PROXY ?? false,
    forceCloseConnections: true,
    // The hook above answers instead, with our body.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    multipart: {
      limits: {
        files: 1,
        fileSize: config.MAX_DOCUMENT_BYTES,
        fields: MAX_FORM_FIELDS,
        fieldSize: MAX_FORM_FIELD_BYTES,
        parts: MAX_FORM_FIELDS + 1,
      },
    },
    genReqId: ({ headers }: IncomingHeaders) => requestIdFrom(headers['x-request-id']),
    clientErrorHandler: answerClientError,
    frameworkErrors: answerUnroutable,
  };
}

/** Answers what the router gives up on, a malformed address for one, before any hook has run. */
function answerUnroutable(
  thrown: Error,
  request: { readonly id: string },
  reply: { readonly raw: ServerResponse },
): void {
  const error = toClientError(thrown, request.id);
  reply.raw
    .writeHead(error.status, { ...errorHeaders(error), 'x-request-id': request.id })
    .end(JSON.stringify(error.toBody()));
}

function isMultipart(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^\s*multipart\//i.test(contentType);
}
