/**
 * The stand-in as a process of its own; prints its URL, and lives until it is killed:
 * `node --import ./test/setup/typescript-hooks.mjs test/doubles/anthropic-stand-in.main.ts [port]`
 */
import { startAnthropicStandIn } from './anthropic-stand-in.js';

const { url } = await startAnthropicStandIn({ port: Number(process.argv[2] ?? 0) });
process.stdout.write(`${url}\n`);
