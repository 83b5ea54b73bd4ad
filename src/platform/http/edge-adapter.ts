import type { ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppError, waitAtMost, yieldToEventLoop } from '../../kernel/index.js';
import type { Config } from '../config/index.js';
import { isPublic } from '../auth/index.js';
import { checkLocalHost } from './address.js';
import { answerClientError } from './errors/write.js';
import { createHttpServer, requestIdOf } from './http-server.js';
import type { EdgeRequest } from './edge-request.js';
import { parseJsonInTurn } from './json-body.js';
import { isLarge } from './large-responses.js';
import { acceptsFiles, withFileLimit } from './route-options.js';
import { targetOf } from './route-target.js';
import { unroutableAnswer } from './unroutable.js';

const MAX_PARAMETER_LENGTH = 512;
const MAX_FORM_FIELDS = 20;
const MAX_FORM_FIELD_BYTES = 65_536;
/** The largest body of a request without a token. */
const PUBLIC_BODY_BYTES = 16_384;

/** Fastify with our limits, request ids and error bodies, including for requests that never reach Nest. */
class EdgeAdapter extends FastifyAdapter {
  private closing = false;
  private hasListened = false;
  private readonly underWay = new Set<ServerResponse>();

  constructor(
    private readonly config: Config,
    options: ReturnType<typeof fastifyOptions>,
  ) {
    super(options);
    this.acceptJsonOnly();
    this.boundBodies();
    this.getInstance().addHook('onRequest', (request, { raw }, done) => {
      this.underWay.add(raw);
      raw.once('close', () => this.underWay.delete(raw));
      // While the server is stopping, the next request must use another connection.
      if (this.hasStopped()) raw.setHeader('Connection', 'close');
      try {
        this.check(request.headers.host);
        done();
      } catch (error) {
        done(error as Error);
      }
    });
    // Serialising a large response takes a while: several of them take turns with other work.
    this.getInstance().addHook('preSerialization', (_request, _reply, answer, done) => {
      if (isLarge(answer)) void yieldToEventLoop().then(() => done(null, answer));
      else done(null, answer);
    });
  }

  /** Keeps Nest from adding parsers for forms and for other JSON types. */
  override registerParserMiddleware(): void {}

  override beforeClose(): void {
    this.closing = true;
    super.beforeClose();
  }

  /** Resolves when every response has reached its client, or after the time-out. */
  async responsesSent(milliseconds: number): Promise<void> {
    const sent = [...this.underWay].map(
      (response) => new Promise((resolve) => response.once('close', resolve)),
    );
    await waitAtMost(milliseconds, Promise.all(sent));
  }

  private hasStopped(): boolean {
    this.hasListened ||= this.httpServer.listening;
    return this.hasListened && !this.httpServer.listening;
  }

  private check(host: string | undefined): void {
    if (this.closing) {
      throw new AppError('SHUTTING_DOWN', 'This server is shutting down. Send the request again.', {
        retryAfter: 1,
      });
    }
    if (this.config.devAuth) checkLocalHost(host);
  }

  /** Without a preflight request a foreign page can post forms and plain text, but not JSON. */
  private acceptJsonOnly(): void {
    const instance = this.getInstance();
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser<Buffer>(
      'application/json',
      { parseAs: 'buffer' },
      (request, bytes, done) => {
        const { bodyPlace, routeOptions } = request as unknown as EdgeRequest;
        bodyPlace?.arrived();
        parseJsonInTurn(bytes, (error, body) => {
          // A document's reservation lasts until it is stored; other bodies are small, and their responses may take
          // minutes.
          if (!acceptsFiles(routeOptions.config)) bodyPlace?.release();
          done(error, body);
        });
      },
    );
  }

  /** A document as JSON is longer than the document, because of escapes. */
  private boundBodies(): void {
    const { BODY_LIMIT, MAX_DOCUMENT_BYTES } = this.config;
    const documentLimit = Math.max(BODY_LIMIT, 2 * MAX_DOCUMENT_BYTES + MAX_FORM_FIELD_BYTES);
    this.getInstance().addHook('onRoute', (route) => {
      const target = targetOf(route.config);
      if (acceptsFiles(route.config)) {
        route.bodyLimit = documentLimit;
        route.config = withFileLimit(route.config, MAX_DOCUMENT_BYTES);
      } else if (target !== undefined && isPublic(target))
        route.bodyLimit = Math.min(BODY_LIMIT, PUBLIC_BODY_BYTES);
    });
  }
}

/** Creates the HTTP adapter; `configureHttp` configures the application once it exists. */
export function createAdapter(config: Config): FastifyAdapter {
  const adapter: EdgeAdapter = new EdgeAdapter(
    config,
    fastifyOptions(config, () => adapter),
  );
  return adapter;
}

/** Waits until every response of the application has reached its client, or for the time-out. */
export async function responsesSent(app: { getHttpAdapter(): unknown }, milliseconds: number): Promise<void> {
  const adapter = app.getHttpAdapter();
  if (adapter instanceof EdgeAdapter) await adapter.responsesSent(milliseconds);
}

function fastifyOptions(config: Config, adapter: () => object) {
  return {
    serverFactory: createHttpServer,
    bodyLimit: config.BODY_LIMIT,
    trustProxy: config.TRUST_PROXY ?? false,
    forceCloseConnections: true,
    // The hook above responds instead, with our body.
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
    genReqId: requestIdOf,
    clientErrorHandler: answerClientError,
    frameworkErrors: unroutableAnswer(config, adapter),
  };
}
