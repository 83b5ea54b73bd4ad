type Fields = Readonly<Record<string, unknown>>;

/** UTF-16 code units of thinking and signatures that are collected; more of it is not sent back. */
const MAX_CHARS = 500_000;

interface OpenBlock {
  readonly type: 'thinking' | 'redacted_thinking';
  readonly fields: Record<string, string>;
}

/** Collects the blocks of thinking, which Anthropic wants back with the calls after them, unchanged and with their signatures. */
export class ThinkingBlocks {
  private readonly blocks: OpenBlock[] = [];
  private readonly open = new Map<number, OpenBlock>();
  private size = 0;

  start(index: number, { type, thinking, signature, data }: Fields): void {
    this.open.delete(index);
    if (type !== 'thinking' && type !== 'redacted_thinking') return;
    const block = { type, fields: {} } as const;
    this.blocks.push(block);
    this.open.set(index, block);
    this.grow(index, { thinking, signature, data });
  }

  grow(index: number, delta: Fields): void {
    const block = this.open.get(index);
    if (block === undefined) return;
    for (const name of ['thinking', 'signature', 'data']) {
      const text = delta[name];
      if (typeof text !== 'string') continue;
      this.size += text.length;
      if (this.size <= MAX_CHARS) block.fields[name] = (block.fields[name] ?? '') + text;
    }
  }

  /** All of them, or none where one is not signed: Anthropic refuses those. */
  get signed(): readonly object[] | undefined {
    if (this.blocks.length === 0 || this.size > MAX_CHARS) return undefined;
    const isSigned = ({ type, fields }: OpenBlock) =>
      Boolean(type === 'thinking' ? fields['signature'] : fields['data']);
    if (!this.blocks.every(isSigned)) return undefined;
    return this.blocks.map(({ type, fields }) => ({
      type,
      ...(type === 'thinking' && { thinking: '' }),
      ...fields,
    }));
  }
}
