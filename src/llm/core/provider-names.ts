/** Every provider that is built in. Which of them this server can ask is the directory's to know. */
export const BUILT_IN_PROVIDERS = {
  openai: 'openai',
  claude: 'anthropic',
  groq: 'openai',
  openrouter: 'openai',
  ollama: 'ollama',
  local: 'local',
} as const;

const ALIASES: Readonly<Record<string, string>> = { anthropic: 'claude' };

/** The names under which providers are known: the built-in ones and those that the operator added. */
export class ProviderNames {
  readonly all: readonly string[];

  constructor(further: readonly string[] = []) {
    this.all = [...new Set([...Object.keys(BUILT_IN_PROVIDERS), ...further])];
  }

  /** The provider's own name for what a client called it, or `undefined` for a name nobody has. */
  find(name: string): string | undefined {
    const lower = name.trim().toLowerCase();
    const own = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
    return this.all.find((known) => known === own);
  }

  /**
   * Takes `provider/model` apart. A prefix counts when it names the provider that is asked anyway, or, where none is,
   * any known one; other slashes belong to the model's own name.
   */
  split(
    model: string,
    asked: string | undefined,
  ): { readonly provider: string | undefined; readonly model: string } {
    const slash = model.indexOf('/');
    const prefix = slash < 0 ? undefined : this.find(model.slice(0, slash));
    if (prefix === undefined || (asked !== undefined && asked !== prefix)) return { provider: asked, model };
    return { provider: prefix, model: model.slice(slash + 1) };
  }
}
