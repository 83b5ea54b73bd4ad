import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ProgramOrder } from './program.js';
import { runProgram } from './run-program.js';

/* The thread of one program. Whoever started it ends it, whether it has answered or not. */

// On Linux a priority is a thread's own, elsewhere the whole process would get it: requests go before programs.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW);
parentPort?.postMessage(await runProgram(workerData as ProgramOrder));
