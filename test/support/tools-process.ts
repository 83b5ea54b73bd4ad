/**
 * The built server with two more tools, which count their calls elsewhere: one that may be called twice, and one that may
 * not. A third one, `count_asked`, is made only when somebody agrees, and is described by the environment.
 */
import 'reflect-metadata';
import type * as config from '../../src/platform/config/index.js';
import type * as processes from '../../src/process.js';
import type { Tool } from '../../src/tool/index.js';
import type * as modules from '../../src/tool/tool.module.js';
import type * as ports from '../../src/tool/ports/tool.js';
import { elsewhere, type Counted } from './counted-elsewhere.js';

/** A module of the built server; its types are those of its source. */
const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { loadConfig, readEnvironment } = (await built('platform/config/index.js')) as typeof config;
const { runProcess } = (await built('process.js')) as typeof processes;
const { ToolModule } = (await built('tool/tool.module.js')) as typeof modules;
const { BUILTIN_TOOLS } = (await built('tool/ports/tool.js')) as typeof ports;

const COUNTED: readonly Counted[] = [
  { name: 'count_once', idempotent: false, approval: 'never' },
  { name: 'count_again', idempotent: true, approval: 'never' },
  { name: 'count_asked', idempotent: false, approval: 'always' },
];

interface Provider {
  readonly provide: unknown;
  useFactory: (...needed: unknown[]) => readonly Tool[];
}

const providers = Reflect.getMetadata('providers', ToolModule) as readonly Provider[];
const provider = providers.find(({ provide }) => provide === BUILTIN_TOOLS);
if (provider === undefined) throw new Error('the server has no tools of its own');
const own = provider.useFactory;
provider.useFactory = (...needed) => [...own(...needed), ...COUNTED.map(elsewhere)];

runProcess(() => loadConfig(readEnvironment()));
