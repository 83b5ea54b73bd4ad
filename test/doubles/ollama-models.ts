interface StandInModel {
  readonly name: string;
  readonly family: string;
  readonly contextLength: number;
  readonly capabilities: readonly string[];
  readonly parameters?: string;
}

const MODELS: readonly StandInModel[] = [
  { name: 'llama3:latest', family: 'llama', contextLength: 8_192, capabilities: ['completion'] },
  { name: 'mistral:latest', family: 'llama', contextLength: 32_768, capabilities: ['completion', 'tools'] },
  {
    name: 'qwen3-vl:8b',
    family: 'qwen3vl',
    contextLength: 262_144,
    capabilities: ['completion', 'vision', 'tools', 'thinking'],
    parameters: 'temperature                    1\nnum_ctx                        16384',
  },
  {
    name: 'nomic-embed-text:latest',
    family: 'nomic-bert',
    contextLength: 2_048,
    capabilities: ['embedding'],
  },
];

/** The answer of `/api/tags`. */
export function tags(): object {
  return {
    models: MODELS.map(({ name, family }) => ({
      name,
      model: name,
      modified_at: '2026-01-01T00:00:00.000000001Z',
      size: 4_661_224_676,
      digest: '365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1',
      details: detailsOf(family),
    })),
  };
}

/** The answer of `/api/show`; `undefined` for a model that was not pulled. */
export function show(name: string): object | undefined {
  const model = MODELS.find((known) => known.name === name);
  if (model === undefined) return undefined;
  const { family, contextLength, capabilities, parameters } = model;
  return {
    modelfile: `FROM ${name}`,
    ...(parameters === undefined ? {} : { parameters }),
    template: '{{ .Prompt }}',
    details: detailsOf(family),
    model_info: {
      'general.architecture': family,
      [`${family}.context_length`]: contextLength,
      [`${family}.embedding_length`]: 4_096,
    },
    capabilities,
    modified_at: '2026-01-01T00:00:00.000000001Z',
  };
}

function detailsOf(family: string): object {
  return {
    parent_model: '',
    format: 'gguf',
    family,
    families: [family],
    parameter_size: '8B',
    quantization_level: 'Q4_0',
  };
}
