import type { CallMetadata } from '../../../kernel/index.js';

type Fields = Readonly<Record<string, unknown>>;

/** UTF-16 code units of JSON that are collected; more of it is not sent back. */
const MAX_CHARS = 500_000;
/** Where servers put what they want back with a call: Google, LiteLLM. */
const CALL_FIELDS = ['extra_content', 'provider_specific_fields', 'thought_signature'];
/** Fields of reasoning that come in pieces. */
const GROWING = ['text', 'summary', 'data'];

/** Collects what servers on OpenAI's wire want back with calls: reasoning in blocks, and fields of single calls. */
export class CallMetadataReader {
  private readonly details: Record<string, unknown>[] = [];
  private readonly byPlace = new Map<number, { id?: string; fields: Record<string, unknown> }>();
  private size = 0;

  /** `reasoning_details` of one delta, as OpenRouter sends them. */
  addDetails(said: unknown): void {
    if (!Array.isArray(said)) return;
    for (const one of said as unknown[]) {
      if (typeof one !== 'object' || one === null || this.isFull(one)) continue;
      const last = this.details.at(-1);
      if (last !== undefined && isContinued(last, one as Fields)) extend(last, one as Fields);
      else this.details.push({ ...one });
    }
  }

  /** The `tool_calls` of one delta. */
  addCalls(said: unknown): void {
    if (!Array.isArray(said)) return;
    for (const [position, one] of (said as unknown[]).entries()) {
      if (typeof one !== 'object' || one === null) continue;
      const fields = one as Fields;
      const own = CALL_FIELDS.filter((name) => fields[name] !== undefined && fields[name] !== null);
      const place = typeof fields['index'] === 'number' ? fields['index'] : position;
      const call = this.byPlace.get(place);
      if (own.length === 0 && call === undefined && typeof fields['id'] !== 'string') continue;
      const known = call ?? { fields: {} };
      if (typeof fields['id'] === 'string' && fields['id'] !== '') known.id ??= fields['id'];
      for (const name of own) if (!this.isFull(fields[name])) known.fields[name] = fields[name];
      this.byPlace.set(place, known);
    }
  }

  /** Absent where the server wants nothing back. */
  get reasoning(): readonly object[] | undefined {
    return this.details.length === 0 || this.size > MAX_CHARS ? undefined : this.details;
  }

  get calls(): Readonly<Record<string, CallMetadata>> | undefined {
    const calls = [...this.byPlace.values()].flatMap(({ id, fields }) =>
      id === undefined || Object.keys(fields).length === 0 ? [] : [[id, { fields }] as const],
    );
    return calls.length === 0 || this.size > MAX_CHARS ? undefined : Object.fromEntries(calls);
  }

  private isFull(value: unknown): boolean {
    this.size += JSON.stringify(value)?.length ?? 0;
    return this.size > MAX_CHARS;
  }
}

/** Pieces of one block have its index and its type. */
function isContinued(last: Fields, next: Fields): boolean {
  return last['index'] !== undefined && last['index'] === next['index'] && last['type'] === next['type'];
}

function extend(block: Record<string, unknown>, { ...piece }: Fields): void {
  for (const [name, value] of Object.entries(piece)) {
    if (value === null || value === undefined) continue;
    const before = block[name];
    const grows = GROWING.includes(name) && typeof before === 'string' && typeof value === 'string';
    block[name] = grows ? before + value : value;
  }
}
