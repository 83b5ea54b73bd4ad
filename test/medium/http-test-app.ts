import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  Query,
  Req,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { AppError, type Caller } from '../../src/kernel/index.js';
import {
  AllowTicket,
  CurrentUser,
  DevTokens,
  OWNED_THREAD_SQL,
  Public,
  Roles,
} from '../../src/platform/auth/index.js';
import { ConfigModule, loadConfig } from '../../src/platform/config/index.js';
import { Database } from '../../src/platform/database/index.js';
import {
  configureHttp,
  createAdapter,
  EdgeModule,
  IdParam,
  pageQuery,
  setupOpenApi,
  SkipRateLimit,
  AcceptsFiles,
} from '../../src/platform/http/index.js';
import { LOG_DESTINATION, Logger, LoggingModule } from '../../src/platform/logging/index.js';
import { TelemetryModule } from '../../src/platform/telemetry/index.js';
import { ownedThread } from '../../src/thread/adapters/thread-sql.js';

const noted = z.strictObject({ text: z.string().max(10_000_000), tags: z.array(z.string()).optional() });

interface Upload {
  isMultipart(): boolean;
  file(): Promise<{ toBuffer(): Promise<Buffer> } | undefined>;
}

@Controller()
class SampleController {
  @Get('whoami')
  whoami(@CurrentUser() caller: Caller) {
    return caller;
  }

  @Roles('admin')
  @Get('admin')
  admin() {
    return { ok: true };
  }

  @Public()
  @SkipRateLimit()
  @Get('health')
  health() {
    return { ok: true };
  }

  @AllowTicket()
  @Get('things/:id/stream')
  stream(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { id, caller };
  }

  @Get('things/:id')
  thing(@IdParam() id: string) {
    return { id };
  }

  @Get('things')
  things(@Query({ schema: pageQuery }) query: z.output<typeof pageQuery>) {
    return query;
  }

  @Post('notes')
  note(@Body({ schema: noted }) body: z.output<typeof noted>) {
    return { length: body.text.length };
  }

  @Post('things/:id/cancel')
  cancel(@IdParam() id: string) {
    return { id };
  }

  @AcceptsFiles()
  @Post('files')
  async file(@Req() request: Upload, @Body() body: { text?: string } | undefined) {
    const file = request.isMultipart() ? await request.file() : undefined;
    return { bytes: file === undefined ? body?.text?.length : (await file.toBuffer()).length };
  }

  @Post('broken')
  brokenWithBody() {
    throw new Error('the password is swordfish');
  }

  @Get('broken')
  broken() {
    throw new Error('the password is swordfish');
  }

  @Get('unparsable')
  unparsable() {
    return JSON.parse('my diary') as unknown;
  }

  @Get('refused')
  refused() {
    throw new AppError('THREAD_BUSY', 'Wait for the turn.', { retryAfter: 2.2, details: { turnId: 't' } });
  }
}

/** A server of the edge and a few routes: over a real database if one is given. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly origin: string;
  readonly logs: string[];
  /** A token as the dev endpoint makes it; needs dev auth. */
  token(request?: Parameters<DevTokens['issue']>[0]): Promise<string>;
  fetch(path: string, init?: RequestInit & { readonly token?: string }): Promise<Response>;
}

/** How a server for tests is started. */
export interface TestAppOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Without one, whatever asks the database fails. */
  readonly database?: Database | undefined;
}

/** The edge with the sample routes, or with those of another controller. */
export function startTestApp(
  environment: Readonly<Record<string, string>> = {},
  database?: Database,
  controller: Type = SampleController,
): Promise<TestApp> {
  return startTestModule({ controllers: [controller] }, { environment, database });
}

/** The edge with whatever a module has. */
export async function startTestModule(
  { imports = [], ...tested }: ModuleMetadata,
  { environment, database }: TestAppOptions = {},
): Promise<TestApp> {
  const config = loadConfig({ PORT: '0', NODE_ENV: 'test', ...environment });
  const logs: string[] = [];
  const globals = [
    {
      provide: Database,
      useValue: database ?? { query: () => Promise.reject(new Error('no database here')) },
    },
    { provide: OWNED_THREAD_SQL, useValue: ownedThread },
    { provide: LOG_DESTINATION, useValue: { write: (line: string) => void logs.push(line) } },
  ];
  @Module({
    ...tested,
    imports: [
      ConfigModule.with(config),
      { module: class Globals {}, global: true, providers: globals, exports: globals },
      LoggingModule,
      TelemetryModule,
      EdgeModule,
      ...imports,
    ],
  })
  class TestModule {}
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, createAdapter(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  await configureHttp(app, config);
  setupOpenApi(app, '1.2.3');
  await app.listen(0, '127.0.0.1');
  const origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    origin,
    logs,
    token: async (request) => (await app.get(DevTokens, { strict: false }).issue(request)).token,
    fetch: (path, { token, ...init } = {}) => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      return fetch(`${origin}${path}`, { ...init, headers });
    },
  };
}
