/**
 * The built server with two more tools, which count their calls elsewhere: one that may be called twice, and one that may
 * not. A third one, `count_asked`, is made only when somebody agrees, and is described by the environment. In others
 * calls go wrong, and one says much.
 */
import type * as config from '../../src/platform/config/index.js';
import type * as processes from '../../src/process.js';
import { addTools, built } from './add-tools.js';
import { elsewhere, type Counted } from './counted-elsewhere.js';
import { faultyTools } from './faulty-tools.js';
import { LARGE_RESULT } from './large-result-tool.js';

const { loadConfig, readEnvironment } = (await built('platform/config/index.js')) as typeof config;
const { runProcess } = (await built('process.js')) as typeof processes;

const COUNTED: readonly Counted[] = [
  { name: 'count_once', idempotent: false, approval: 'never' },
  { name: 'count_again', idempotent: true, approval: 'never' },
  { name: 'count_asked', idempotent: false, approval: 'always' },
];

await addTools([...COUNTED.map(elsewhere), ...faultyTools(), LARGE_RESULT]);
runProcess(() => loadConfig(readEnvironment()));
