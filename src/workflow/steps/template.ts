import Mustache from 'mustache';
import { variableAt } from '../core/results.js';

/** UTF-16 code units of a template, and of what it is rendered to. */
export const MAX_TEMPLATE = 20_000;
const MAX_RENDERED = 200_000;
/** Parts that are rendered in all: sections inside sections over lists would multiply without a bound. */
const MAX_PARTS = 20_000;
const MAX_DEPTH = 16;

/** What templates and expressions are given: each of these names has a value or none. */
export const VIEW_NAMES = ['state', 'local', 'item', 'index', 'input', 'message', 'user', 'times'] as const;
export type View = Readonly<Partial<Record<(typeof VIEW_NAMES)[number], unknown>>>;

/** Where the variable of a step has what its bodies are given: no step is called so. */
export const ITEM = '$item';
export const INPUT = '$input';

type Token = [
  type: string,
  value: string,
  start: number,
  end: number,
  inner?: Token[] | string,
  close?: number,
];

/** What is wrong with a template, as the rest of a sentence; absent: nothing. */
export function templateProblem(template: string): string | undefined {
  if (template.length > MAX_TEMPLATE) return `has more than ${MAX_TEMPLATE} characters`;
  try {
    return tokensProblem(parse(template), true, 1);
  } catch (error) {
    return `cannot be read: ${(error as Error).message.slice(0, 200)}`;
  }
}

/**
 * The template with the values in place of their names; no value has any power: there are no functions, partials or helpers,
 * and only what a value itself has is found by a name. Throws a `RangeError` for one that would come to too much.
 */
export function render(
  template: string,
  view: View,
  show: (value: string) => string = (value) => value,
): string {
  if (!template.includes('{{')) return template;
  return new BoundedWriter(show).renderTokens(parse(template) as never, new OwnContext(view), {}, template);
}

function parse(template: string): Token[] {
  return Mustache.parse(template) as Token[];
}

function tokensProblem(tokens: readonly Token[], isOutside: boolean, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `has sections more than ${MAX_DEPTH} levels deep`;
  for (const [type, value, , , inner] of tokens) {
    if (type === '>' || type === '=') return 'may have no partials and no other delimiters';
    if (type !== 'text' && type !== '!' && isOutside && !isKnown(value))
      return `names ${JSON.stringify(value.slice(0, 80))}: there are ${VIEW_NAMES.join(', ')}`;
    if (!Array.isArray(inner)) continue;
    // Inside a section names are looked for in its value first.
    const problem = tokensProblem(inner, false, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isKnown(name: string): boolean {
  const [root] = name.split('.');
  return VIEW_NAMES.some((known) => known === root);
}

/** Finds what a value has itself, and nothing that its prototypes have. */
class OwnContext extends Mustache.Context {
  constructor(
    private readonly own: unknown,
    private readonly around?: OwnContext,
  ) {
    super(own, around);
  }

  override push(view: unknown): OwnContext {
    return new OwnContext(view, this);
  }

  override lookup(name: string): unknown {
    if (name === '.') return this.own;
    const path = name.split('.');
    if (variableAt(this.own, path.slice(0, 1)) !== undefined) return variableAt(this.own, path);
    return this.around?.lookup(name);
  }
}

/** Renders no more than a bounded number of parts and characters. */
class BoundedWriter extends Mustache.Writer {
  private parts = 0;
  private characters = 0;

  constructor(private readonly show: (value: string) => string) {
    super();
  }

  override renderTokens(...[tokens, ...rest]: Parameters<Mustache.Writer['renderTokens']>): string {
    this.parts += tokens.length;
    if (this.parts > MAX_PARTS) throw new RangeError('a template has too many parts to be rendered');
    return super.renderTokens(tokens, ...rest);
  }

  override rawValue(token: string[]): string {
    return this.counted(token[1]!);
  }

  override escapedValue(token: string[], context: Mustache.Context): string {
    return this.textAt(token, context);
  }

  override unescapedValue(token: string[], context: Mustache.Context): string {
    return this.textAt(token, context);
  }

  private textAt(token: string[], context: Mustache.Context): string {
    const value: unknown = context.lookup(token[1]!);
    if (value === undefined || value === null) return '';
    return this.counted(this.show(typeof value === 'string' ? value : JSON.stringify(value)));
  }

  private counted(text: string): string {
    this.characters += text.length;
    if (this.characters > MAX_RENDERED) throw new RangeError('a template is rendered to too many characters');
    return text;
  }
}
