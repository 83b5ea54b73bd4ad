/** The names under which providers are known: the built-in ones and those that the operator added. */
export class ProviderNames {
  readonly all: readonly string[];

  /** `aliases`: providers by the other names they have, in small letters. */
  constructor(
    names: readonly string[],
    private readonly aliases: ReadonlyMap<string, string>,
  ) {
    this.all = [...new Set(names)];
  }

  /** The provider's own name for what a client called it, or `undefined` for a name nobody has. */
  find(name: string): string | undefined {
    const lower = name.trim().toLowerCase();
    const own = this.aliases.get(lower) ?? lower;
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
