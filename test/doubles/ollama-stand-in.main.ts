/**
 * The stand-in as a process of its own; prints its URL, and lives until it is killed:
 * `node --import ./test/setup/typescript-hooks.mjs test/doubles/ollama-stand-in.main.ts [port]`
 */
import { startOllamaStandIn } from './ollama-stand-in.js';

const { url } = await startOllamaStandIn({ port: Number(process.argv[2] ?? 0) });
process.stdout.write(`${url}\n`);
