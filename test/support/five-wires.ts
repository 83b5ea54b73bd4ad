import { startAnthropicStandIn } from '../doubles/anthropic-stand-in.js';
import { startOllamaStandIn } from '../doubles/ollama-stand-in.js';
import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';

/** The providers that are built in: what stands in for each, and the variable with its address. */
export const WIRES = {
  openai: { start: startOpenAiStandIn, url: 'OPENAI_URL', model: '' },
  groq: { start: startOpenAiStandIn, url: 'GROQ_URL', model: '' },
  openrouter: { start: startOpenAiStandIn, url: 'OPENROUTER_URL', model: '' },
  claude: { start: startAnthropicStandIn, url: 'ANTHROPIC_URL', model: '' },
  // Not every model there can call tools.
  ollama: { start: startOllamaStandIn, url: 'OLLAMA_URL', model: '/mistral:latest' },
} as const;
export type Wire = keyof typeof WIRES;
export type WireStandIn = Awaited<ReturnType<(typeof WIRES)[Wire]['start']>>;

/** Stand-ins for some of them, and what a server has to be told of these, which tries nothing twice. */
export async function startWires(wires: readonly Wire[]) {
  const standIns = new Map<Wire, WireStandIn>();
  for (const wire of wires) standIns.set(wire, await WIRES[wire].start());
  return {
    environment: {
      ...Object.fromEntries([...standIns].map(([wire, { url }]) => [WIRES[wire].url, url])),
      ...{ GROQ_API_KEY: 'gsk-test', OPENROUTER_API_KEY: 'sk-or-test' },
      ...{ LLM_MAX_RETRIES: '0', LLM_BREAKER_THRESHOLD: '1000' },
    },
    of: (wire: Wire): WireStandIn => standIns.get(wire)!,
    close: async () => void (await Promise.all([...standIns.values()].map((standIn) => standIn.close()))),
  };
}
