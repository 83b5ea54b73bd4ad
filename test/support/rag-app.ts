import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { newId, type Caller } from '../../src/kernel/index.js';
import { DevTokens, OWNED_THREAD_SQL } from '../../src/platform/auth/index.js';
import { ConfigModule, loadConfig } from '../../src/platform/config/index.js';
import { DatabaseModule } from '../../src/platform/database/index.js';
import { configureHttp, createAdapter, EdgeModule } from '../../src/platform/http/index.js';
import { TelemetryModule } from '../../src/platform/telemetry/index.js';
import { RagModule } from '../../src/rag/index.js';
import * as threadSql from '../../src/thread/adapters/thread-sql.js';
import { testDatabase } from '../setup/test-database.js';

/** How large a document may be. */
export const MAX_DOCUMENT_BYTES = 20_000;

/** A user of an organisation of their own. */
export function newCaller(given: Partial<Caller> = {}): Caller {
  const everyone = { roles: ['user'], clearance: 'internal', name: undefined, email: undefined } as const;
  return { id: newId(), org: newId(), ...everyone, ...given };
}

/** What the tests read of a document. */
export interface Document {
  readonly id: string;
  readonly title: string;
  readonly status: string;
}

/** The routes of the rag module over a database, for the specs of this file. */
export function ragApp() {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const { connectionString } = await testDatabase();
    const config = loadConfig({ MAX_DOCUMENT_BYTES: String(MAX_DOCUMENT_BYTES), RATE_LIMIT: 'off' });
    const ownedThread = { provide: OWNED_THREAD_SQL, useValue: threadSql.ownedThread };
    const testing = await Test.createTestingModule({
      imports: [
        ConfigModule.with(config),
        DatabaseModule.connect(connectionString),
        TelemetryModule,
        { module: class Threads {}, global: true, providers: [ownedThread], exports: [ownedThread] },
        EdgeModule,
        RagModule,
      ],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(createAdapter(config), { logger: false });
    await configureHttp(app, config);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterAll(async () => {
    await app.close();
  });

  async function call(caller: Caller, method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown) {
    const headers = await headersOf(caller);
    const answer =
      body instanceof FormData
        ? await inject(method, url, headers, new Response(body))
        : await app.inject({
            method,
            url,
            headers,
            ...(body === undefined ? {} : { payload: body as object }),
          });
    return { status: answer.statusCode, body: (answer.body === '' ? undefined : answer.json()) as never };
  }

  async function headersOf({ id, ...claims }: Caller): Promise<Record<string, string>> {
    const { token } = await app.get(DevTokens, { strict: false }).issue({ sub: id, ...claims });
    return { authorization: `Bearer ${token}` };
  }

  async function inject(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    headers: Record<string, string>,
    form: Response,
  ) {
    const type = { 'content-type': form.headers.get('content-type')! };
    return app.inject({
      method,
      url,
      headers: { ...headers, ...type },
      payload: Buffer.from(await form.arrayBuffer()),
    });
  }

  async function put(caller: Caller, body: unknown): Promise<Document> {
    const { status, body: answer } = await call(caller, 'POST', '/rag/documents', body);
    expect(status).toBe(202);
    return untilReady(caller, (answer as { document: Document }).document.id);
  }

  async function untilReady(caller: Caller, id: string): Promise<Document> {
    for (;;) {
      const { document } = (await call(caller, 'GET', `/rag/documents/${id}`)).body as { document: Document };
      if (document.status === 'ready') return document;
      expect(['queued', 'processing']).toContain(document.status);
      await sleep(10);
    }
  }

  return {
    get app() {
      return app;
    },

    call,
    inject,
    headersOf,
    put,
    untilReady,
  };
}
