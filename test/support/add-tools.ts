import 'reflect-metadata';
import type { Tool } from '../../src/tool/index.js';
import type * as ports from '../../src/tool/ports/tool.js';
import type * as modules from '../../src/tool/tool.module.js';

interface Provider {
  readonly provide: unknown;
  useFactory: (...needed: unknown[]) => readonly Tool[];
}

/** A module of the built server; its types are those of its source. */
export const built = (path: string): Promise<unknown> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href);

/** Gives the built server, when it is started in this process, more tools than its own. */
export async function addTools(tools: readonly Tool[]): Promise<void> {
  const { ToolModule } = (await built('tool/tool.module.js')) as typeof modules;
  const { BUILTIN_TOOLS } = (await built('tool/ports/tool.js')) as typeof ports;
  const providers = Reflect.getMetadata('providers', ToolModule) as readonly Provider[];
  const provider = providers.find(({ provide }) => provide === BUILTIN_TOOLS);
  if (provider === undefined) throw new Error('the server has no tools of its own');
  const own = provider.useFactory;
  provider.useFactory = (...needed) => [...own(...needed), ...tools];
}
