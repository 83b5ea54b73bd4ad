import { fileURLToPath } from 'node:url';
import type { PageThread } from '../../src/tool/builtin/scrape-web-content/page-reader.js';

/** The thread that parses pages, from the sources as they are. */
export const PAGE_THREAD: PageThread = {
  entry: new URL('../../src/tool/builtin/scrape-web-content/page-worker.ts', import.meta.url),
  execArgv: ['--import', fileURLToPath(new URL('../setup/typescript-hooks.mjs', import.meta.url))],
};
