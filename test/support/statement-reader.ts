/** Reads the names of the statements from what a client sends to Postgres: it comes in pieces that end anywhere. */
export class StatementReader {
  private rest: Buffer = Buffer.alloc(0);
  private hasBegun = false;
  /** The first words of the statement without a name that was sent last. */
  private unnamed = '';
  private readonly sent: (name: string) => void;

  constructor(sent: (name: string) => void) {
    this.sent = sent;
  }

  read(piece: Buffer): void {
    let rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    for (;;) {
      // The first message has no type.
      const head = this.hasBegun ? 1 : 0;
      if (rest.length < head + 4) break;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) break;
      if (this.hasBegun) this.take(String.fromCharCode(rest[0]!), rest.subarray(5, end));
      this.hasBegun = true;
      rest = rest.subarray(end);
    }
    this.rest = rest;
  }

  private take(type: string, body: Buffer): void {
    if (type === 'Q') this.sent(firstWords(textAt(body, 0)));
    if (type === 'P' && body[0] === 0) this.unnamed = firstWords(textAt(body, 1));
    if (type === 'B') this.sent(textAt(body, body.indexOf(0) + 1) || this.unnamed);
  }
}

function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start));
}

function firstWords(text: string): string {
  return text.trim().split(/\s+/, 2).join(' ');
}
