import { call, js } from './agent-stage.js';
import { NOBODYS, type Things } from './owned-things.js';
import type { TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';
import { until } from './until.js';

/** A turn of somebody's that called a tool, by the ids that others may try. */
export interface CallingTurn {
  readonly owner: ToolOwner;
  readonly things: Things;
  /** Stands in its arguments, its result and its input, and nowhere else. */
  readonly secret: string;
  /** The name of the call with the secret. */
  readonly callId: string;
  /** Whether somebody has to agree to the call first. */
  isOpen: boolean;
}

/** The tool that is called only with the user's agreement. */
export const ASKED_TOOL = 'scrape_web_content';
/** So many calls before the one with the secret make its name one that other threads do not have. */
const CALLS_BEFORE = 5;
const TOOLS = { tools: true };

let secrets = 0;

/** Somebody who has turns that called tools, and what has to be true of them. */
export class ToolOwner {
  readonly turns: CallingTurn[] = [];
  /** The one approval that is remembered. */
  approval: string | undefined;

  private constructor(
    readonly name: string,
    readonly user: TestUser,
  ) {}

  /** With a turn whose result was kept, and one that waits; `remembers`: having agreed to one once and for all. */
  static async start(
    server: TestServer,
    { remembers, ...claims }: { readonly sub: string; readonly org: string; readonly remembers?: boolean },
  ) {
    const owner = new ToolOwner(`${claims.sub} of ${claims.org}`, await server.user(claims));
    await owner.finish();
    await owner.ask();
    if (remembers === true) await owner.answer(owner.open[0]!, { action: 'accept', remember: true });
    return owner;
  }

  get open(): readonly CallingTurn[] {
    return this.turns.filter(({ isOpen }) => isOpen);
  }

  get finished(): readonly CallingTurn[] {
    return this.turns.filter(({ isOpen }) => !isOpen);
  }

  /** A turn with a long result, whose secret stands behind what a model is given of it. */
  async finish(tries = 5): Promise<void> {
    const secret = newSecret();
    const before = Array.from({ length: CALLS_BEFORE }, () => call('read_result', { callId: 'nobodys' }));
    const long = js(`"x".repeat(14500) + "${secret}" + "x".repeat(14500)`);
    const { response, thread, turn } = await this.post(`Calculate. ${[...before, long].join(' ')}`);
    // On a machine that has much to do the program may not have had its turn in time.
    if (!response.includes('xxx')) {
      if (tries > 1) return this.finish(tries - 1);
      throw new Error(`a turn was answered ${response}`);
    }
    await this.note({ secret, callId: `call_${CALLS_BEFORE}`, thread, turn, input: undefined });
  }

  /** Has the tool called that needs an agreement; the status says whether it waits for one. */
  async ask(): Promise<number> {
    const secret = newSecret();
    const url = `http://127.0.0.1:9/${secret}`;
    const { status, thread, turn, input } = await this.post(`Read it. ${call(ASKED_TOOL, { url })}`);
    await this.note({ secret, callId: 'call_0', thread, turn, input });
    return status;
  }

  /** Answers what the turn waits for, and waits for its end. */
  async answer(turn: CallingTurn, body: { readonly action: string; readonly remember?: boolean }) {
    const { status } = await this.user.ask('POST', `/inputs/${turn.things.input}`, body);
    const path = `/chat/threads/${turn.things.thread}/turns/${turn.things.turn}`;
    await until(async () => (await this.user.ask('GET', path)).body.turn.endedAt !== null);
    turn.isOpen = false;
    this.approval = (await this.approvals())[0];
    return status;
  }

  /** What is remembered, as its owner is told. */
  async approvals(): Promise<string[]> {
    const { approvals } = (await this.user.ask('GET', '/me/approvals')).body;
    return approvals.map(({ id }: { readonly id: string }) => id);
  }

  /** What waits, as its owner is told. */
  async inputs(): Promise<string[]> {
    const { inputs } = (await this.user.ask('GET', '/inputs?status=open&limit=200')).body;
    return inputs.map(({ id }: { readonly id: string }) => id);
  }

  private async post(content: string) {
    const thread = await this.user.newThread();
    const path = `/chat/threads/${thread}/messages`;
    const { status, body } = await this.user.ask('POST', path, { content, options: TOOLS });
    return {
      ...{ status, thread, turn: body.turn.id as string },
      response: (body.response ?? '') as string,
      input: body.inputs?.[0]?.id as string | undefined,
    };
  }

  private async note(made: {
    readonly secret: string;
    readonly callId: string;
    readonly thread: string;
    readonly turn: string;
    readonly input: string | undefined;
  }): Promise<void> {
    const { secret, callId, thread, turn, input } = made;
    const { run } = (await this.user.ask('GET', `/chat/threads/${thread}/workflow`)).body;
    const { userMessageId } = (await this.user.ask('GET', `/chat/threads/${thread}/turns/${turn}`)).body.turn;
    const things = { ...NOBODYS, thread, turn, run: run.id, message: userMessageId };
    this.turns.push({
      ...{ owner: this, secret, callId, isOpen: input !== undefined },
      things: { ...things, input: input ?? NOBODYS.input },
    });
  }
}

function newSecret(): string {
  secrets += 1;
  return `heirloom${secrets}of${Math.random().toString(36).slice(2)}`;
}
