/** The names of providers: the built-in ones and those that the operator added. */
export class ProviderNames {
  readonly all: readonly string[];

  /** `aliases`: providers by their other names, in lower case. */
  constructor(
    names: readonly string[],
    private readonly aliases: ReadonlyMap<string, string>,
  ) {
    this.all = [...new Set(names)];
  }

  /** The provider's own name for the one that a client used, or `undefined` for an unknown name. */
  find(name: string): string | undefined {
    const lower = name.trim().toLowerCase();
    const own = this.aliases.get(lower) ?? lower;
    return this.all.find((known) => known === own);
  }

  /**
   * Splits `provider/model`. A prefix counts as a provider if it names the requested one, or, when none is requested,
   * any known one; otherwise slashes belong to the model's name.
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
