/**
 * The built server with one thing in another's place: its turns have effects ({@link EffectsExecutor}) where others ask
 * models. What is around them is what runs in production: the process, its module, the runner of turns and the journal.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type * as application from '../../src/app.module.js';
import type * as config from '../../src/platform/config/index.js';
import type * as processes from '../../src/process.js';
import type * as turns from '../../src/turn/index.js';
import type * as adapter from '../../src/workflow/adapters/postgres-run-journal.js';
import type * as journals from '../../src/workflow/app/journal.js';
import type { RunJournal } from '../../src/workflow/ports/run-journal.js';
import { EFFECTS_URL, EffectsExecutor } from './effects-executor.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { AppModule } = (await built('app.module.js')) as typeof application;
const { loadConfig, readEnvironment } = (await built('platform/config/index.js')) as typeof config;
const { runProcess } = (await built('process.js')) as typeof processes;
const { TurnModule } = (await built('turn/index.js')) as typeof turns;
const { PostgresRunJournal } = (await built('workflow/adapters/postgres-run-journal.js')) as typeof adapter;
const { Journal } = (await built('workflow/app/journal.js')) as typeof journals;

function executorOver(rows: RunJournal): EffectsExecutor {
  const journalOf = ({ threadId, turnId, epoch, before }: turns.ExecutedTurn) =>
    new Journal(rows, { threadId, turnId, epoch }, before !== undefined);
  return new EffectsExecutor(journalOf, process.env[EFFECTS_URL] ?? '');
}

@Module({
  providers: [
    PostgresRunJournal,
    { provide: EffectsExecutor, inject: [PostgresRunJournal], useFactory: executorOver },
  ],
  exports: [EffectsExecutor],
})
class EffectsModule {}

const whole = AppModule.with.bind(AppModule);
AppModule.with = (options) => {
  const { imports = [], ...rest } = whole(options);
  const executed = { module: EffectsModule, executor: EffectsExecutor, alone: options.alone };
  const others = imports.filter((one) => !('module' in one && one.module === TurnModule));
  if (others.length !== imports.length - 1) throw new Error('the server has no module of turns');
  return { ...rest, imports: [...others, TurnModule.with(executed)] };
};

runProcess(() => loadConfig(readEnvironment()));
