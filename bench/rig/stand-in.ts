import { createServer, type AddressInfo, type Socket } from 'node:net';
import { answerParent, clock } from './worker.ts';
import { BEGINNING, calling, chunk, completion, ending, TOKEN_FRAME } from './wire.ts';

/*
 * A provider of chat completions that costs next to nothing: every answer is encoded beforehand. It answers
 * every POST as it was last told to, in one piece unless the request says `"stream":true`. Where tools are to be called, the
 * results in the request say how often they were.
 */

/** How answers go out. Times in milliseconds. */
export interface Plan {
  readonly tokens: number;
  /** Between two tokens, each in a write of its own; `null`: as fast as the reader takes them, in large writes. */
  readonly gapMs: number | null;
  /** From the request to the first token. */
  readonly delayMs: number;
  /** Whether to keep the {@link Moments} of every request. */
  readonly record?: boolean;
  /** In how many rounds a tool is called before the answer, at once. */
  readonly rounds?: number;
}

/** When a request had arrived and when its first token left, on the machine's clock. */
export interface Moments {
  readonly receivedAt: number;
  readonly firstTokenAt: number;
}

interface Answer {
  readonly socket: Socket;
  readonly receivedAt: number;
  readonly plan: Encoded;
  left: number;
  dueAt: number;
}

interface Encoded extends Plan {
  readonly end: string;
  readonly whole: string;
  /** The tokens that do not fill a block. */
  readonly rest: Buffer;
}

const BLOCK_TOKENS = 128;
const TICK_MS = 1;
/** Nobody asks for longer answers in one piece. */
const MOST_WHOLE = 10_000;

const one = Buffer.from(chunk(TOKEN_FRAME));
const block = Buffer.from(chunk(TOKEN_FRAME.repeat(BLOCK_TOKENS)));
const paced = new Set<Answer>();
let plan = encode({ tokens: 1, gapMs: null, delayMs: 0 });
let moments: Moments[] = [];

function encode(next: Plan): Encoded {
  const rest = next.tokens % BLOCK_TOKENS;
  return {
    ...next,
    end: ending(next.tokens),
    whole: next.tokens > MOST_WHOLE ? '' : completion(next.tokens),
    rest: Buffer.from(rest === 0 ? '' : chunk(TOKEN_FRAME.repeat(rest))),
  };
}

function answer(socket: Socket): void {
  const receivedAt = clock();
  const next = { socket, receivedAt, plan, left: plan.tokens, dueAt: receivedAt + plan.delayMs };
  socket.cork();
  socket.write(BEGINNING);
  if (plan.gapMs === null && plan.delayMs === 0) flood(next);
  else paced.add(next);
  socket.uncork();
}

/** Everything at once, in large writes, but never more than the socket takes. */
function flood(current: Answer): void {
  const { socket } = current;
  while (current.left > 0) {
    const size = Math.min(current.left, BLOCK_TOKENS);
    current.left -= size;
    if (!socket.write(size === BLOCK_TOKENS ? block : current.plan.rest) && current.left > 0) {
      socket.once('drain', () => flood(current));
      return;
    }
  }
  socket.write(current.plan.end);
}

/** One write a token, each at its time; what a full socket held back follows when it has drained. */
function tick(): void {
  const now = clock();
  for (const current of paced) {
    if (current.socket.destroyed) paced.delete(current);
    else if (current.dueAt <= now && !current.socket.writableNeedDrain) advance(current, now);
  }
}

function advance(current: Answer, now: number): void {
  const { socket, receivedAt } = current;
  const { gapMs, record, tokens, end } = current.plan;
  if (record === true && current.left === tokens) moments.push({ receivedAt, firstTokenAt: clock() });
  if (gapMs === null) {
    paced.delete(current);
    flood(current);
    return;
  }
  while (current.dueAt <= now && current.left > 0) {
    current.left -= 1;
    current.dueAt += gapMs;
    if (!socket.write(one)) break;
  }
  if (current.left > 0) return;
  paced.delete(current);
  socket.write(end);
}

/** Reads one request after the other from a connection, and of each no more than where it ends. */
function serve(socket: Socket): void {
  let request = '';
  let length: number | undefined;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    request += bytes.toString('latin1');
    length ??= lengthOf(request);
    if (length === undefined || request.length < length) return;
    const isPost = request.startsWith('POST ');
    const isStreamed = request.includes('"stream":true');
    const round = plan.rounds === undefined ? undefined : request.split('"role":"tool"').length;
    request = '';
    length = undefined;
    if (!isPost) socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    else if (round !== undefined && round <= plan.rounds!) socket.write(BEGINNING + calling(round));
    else if (isStreamed) answer(socket);
    else socket.write(plan.whole);
  });
}

/** How long a request is, once its head is there. */
function lengthOf(request: string): number | undefined {
  const end = request.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  return end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(request.slice(0, end + 2))?.[1] ?? 0);
}

/** Ends answers that have no end of their own. */
function endAll(): void {
  for (const { socket, plan: encoded, left } of paced) socket.write(ending(encoded.tokens - left));
  paced.clear();
}

const server = createServer(serve);
setInterval(tick, TICK_MS);

const handlers = {
  listen: () =>
    new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', 4_096, () => resolve((server.address() as AddressInfo).port)),
    ),
  plan: (next: Plan) => {
    plan = encode(next);
    moments = [];
  },
  moments: () => moments,
  endAll,
};
export type StandIn = typeof handlers;
answerParent(handlers);
