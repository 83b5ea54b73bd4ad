import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SCHEMA } from '../migrations/index.js';
import { AppModule } from './app.module.js';
import { VERSION, type Config } from './platform/config/index.js';
import { checkDatabase, migrate, MigrationError, UnfitDatabaseError } from './platform/database/index.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './platform/database/embedded/index.js';
import {
  responsesSent,
  configureHttp,
  createAdapter,
  isPortTaken,
  setupOpenApi,
} from './platform/http/index.js';
import { hasRedisDatabase } from './platform/jobs/index.js';
import { Logger } from './platform/logging/index.js';
import { StartError } from './operator-message.js';
import { SseConnections } from './stream/index.js';
import { DrainTurns } from './turn/index.js';

/** A running HTTP server. */
export interface Server {
  readonly app: NestFastifyApplication;
  /** Its address, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** The embedded database, if no other one is configured. */
  readonly embedded: EmbeddedPostgres | undefined;
  /** Stops everything: running turns get this many milliseconds, then their text is stored. */
  stop(graceMs: number): Promise<void>;
}

/** Starts and migrates the database, and listens. `say` receives messages for the operator. */
export async function startServer(
  config: Config,
  say: (line: string) => void = () => undefined,
): Promise<Server> {
  const embedded = config.DATABASE_URL === undefined ? await startDatabase(config, say) : undefined;
  let app: NestFastifyApplication | undefined;
  try {
    const connectionString = embedded?.connectionString ?? config.DATABASE_URL ?? '';
    await bringUpToDate(connectionString, config, say);
    const created = (app = await createApp(config, connectionString, embedded !== undefined));
    await listen(created, config, say);
    return {
      app,
      url: addressOf(created, config),
      embedded,
      stop: (graceMs) => stop(created, embedded, graceMs),
    };
  } catch (error) {
    await app?.close().catch(() => undefined);
    await embedded?.stop();
    throw error;
  }
}

async function listen(
  app: NestFastifyApplication,
  { PORT, HOST, isPortFixed }: Config,
  say: (line: string) => void,
): Promise<void> {
  const another = !isPortFixed && (await isPortTaken(PORT, HOST));
  if (another)
    say(`Port ${PORT} is taken by another program, so a free one is used. Set PORT to choose one.`);
  try {
    await app.listen(another ? 0 : PORT, HOST);
  } catch (error) {
    if (!NOT_AN_ADDRESS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new StartError(
      `This machine cannot listen on ${HOST}. Set HOST to one of its addresses: 127.0.0.1 for itself only, 0.0.0.0 for everybody.`,
      { cause: error },
    );
  }
}

const NOT_AN_ADDRESS = ['ENOTFOUND', 'EADDRNOTAVAIL', 'EAI_AGAIN', 'EINVAL'];

/** A process that runs turns and does not listen. */
export interface Worker {
  stop(graceMs: number): Promise<void>;
}

/** Migrates the database and runs the turns that other processes accept. */
export async function startWorker(
  config: Config,
  say: (line: string) => void = () => undefined,
): Promise<Worker> {
  const connectionString = config.DATABASE_URL ?? '';
  await bringUpToDate(connectionString, config, say);
  const app = await createApp(config, connectionString, false);
  // Starts everything except the listener.
  await app.init();
  return { stop: (graceMs) => stop(app, undefined, graceMs) };
}

async function bringUpToDate(
  connectionString: string,
  config: Config,
  say: (line: string) => void,
): Promise<void> {
  const { REDIS_URL, DATABASE_DIRECT_URL } = config;
  if (REDIS_URL !== undefined && (await hasRedisDatabase(REDIS_URL)) === false)
    throw new StartError('REDIS_URL names a database number that its Redis does not have.');
  try {
    await checkDatabase(config, say);
    await migrate(DATABASE_DIRECT_URL ?? connectionString, SCHEMA);
  } catch (error) {
    const isInWords = error instanceof MigrationError || error instanceof UnfitDatabaseError;
    throw isInWords ? new StartError(error.message, { cause: error }) : error;
  }
}

async function startDatabase({ DATA_DIR }: Config, say: (line: string) => void): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({ dataDir: DATA_DIR, log: say });
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}

/** The application over a migrated database; it does not listen yet. */
export async function createApp(
  config: Config,
  connectionString: string,
  alone: boolean,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with({ config, connectionString, alone }),
    createAdapter(config),
    { bufferLogs: true, abortOnError: false },
  );
  app.useLogger(app.get(Logger));
  await configureHttp(app, config);
  setupOpenApi(app, VERSION);
  return app;
}

/** Stops the turns first, so that watchers receive their end; then the streams, the sockets, and the database last. */
async function stop(
  app: NestFastifyApplication,
  embedded: EmbeddedPostgres | undefined,
  graceMs: number,
): Promise<void> {
  try {
    await app.get(DrainTurns).drain(graceMs);
    // New connections go to another process, rather than into one that is about to close them.
    app.getHttpServer().close();
    await Promise.all([app.get(SseConnections).closeAll(), responsesSent(app, ANSWERS_MS)]);
    await app.close();
  } finally {
    await embedded?.stop();
  }
}

/** Ample time for finished responses to reach their clients. */
const ANSWERS_MS = 1_000;

function addressOf(app: NestFastifyApplication, { HOST }: Config): string {
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`;
}
