/** Every provider a request may name. Which of them this server can ask is the directory's to know. */
export const KNOWN_PROVIDERS = ['openai', 'claude', 'groq', 'openrouter', 'ollama', 'local'] as const;

const ALIASES: Readonly<Record<string, string>> = { anthropic: 'claude' };

/** The provider's own name for what a client called it, or `undefined` for a name nobody has. */
export function providerNamed(name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  const own = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
  return KNOWN_PROVIDERS.find((known) => known === own);
}

/**
 * Takes `provider/model` apart. A prefix counts when it names the provider that is asked anyway, or, where none is,
 * any known one; other slashes belong to the model's own name.
 */
export function splitModel(
  model: string,
  asked: string | undefined,
): { readonly provider: string | undefined; readonly model: string } {
  const slash = model.indexOf('/');
  const prefix = slash < 0 ? undefined : providerNamed(model.slice(0, slash));
  if (prefix === undefined || (asked !== undefined && asked !== prefix)) return { provider: asked, model };
  return { provider: prefix, model: model.slice(slash + 1) };
}
