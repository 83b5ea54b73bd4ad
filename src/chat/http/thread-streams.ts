import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { Caller } from '../../kernel/index.js';
import { OpenStreams } from '../../platform/http/index.js';
import { asksForHeaders, SseConnections, toChunks, type SseMessage } from '../../stream/index.js';
import { CancelTurn, type StartedTurn, type Turn } from '../../turn/index.js';
import { AwaitTurn, type TurnResult } from '../app/await-turn.js';
import { FollowThread } from '../app/follow-thread.js';
import { FollowTurn } from '../app/follow-turn.js';
import { PostMessage, type PostedMessage } from '../app/post-message.js';
import type { StreamItem } from '../app/resume.js';
import { encoded, errorFrames } from './frames.js';
import { selftest } from './selftest.js';

/** A message as it came over HTTP, and the connection its answer goes to. */
export interface Posted {
  readonly caller: Caller;
  readonly threadId: string;
  readonly body: PostedMessage;
  readonly key: string | undefined;
  readonly response: ServerResponse;
}

/** Ties what a turn or a thread says to the connection of one client. */
@Injectable()
export class ThreadStreams {
  /** How many connections have posted each turn that is to end with them. */
  private readonly listening = new Map<string, number>();

  constructor(
    private readonly openStreams: OpenStreams,
    private readonly connections: SseConnections,
    private readonly postMessage: PostMessage,
    private readonly followTurn: FollowTurn,
    private readonly followThread: FollowThread,
    private readonly awaitTurn: AwaitTurn,
    private readonly cancelTurn: CancelTurn,
  ) {}

  /** Stores the message and streams its turn. What is known to be wrong is thrown before anything is streamed. */
  async message(posted: Posted, after: number | undefined): Promise<Observable<SseMessage>> {
    const { caller, response } = posted;
    this.takePlace(caller, response);
    const started = await this.post(posted);
    return this.open(posted, (signal) => this.followTurn.events(caller, started, after, signal));
  }

  /** Stores the message and waits for its whole answer. */
  async answer(posted: Posted): Promise<TurnResult> {
    const started = await this.post(posted);
    const controller = new AbortController();
    whenGone(posted.response, () => controller.abort());
    return this.awaitTurn.answer(posted.caller, started, controller.signal);
  }

  /** Streams the thread from wherever the client is. */
  async thread(
    caller: Caller,
    threadId: string,
    after: number | undefined,
    response: ServerResponse,
  ): Promise<Observable<SseMessage>> {
    this.takePlace(caller, response);
    const events = await this.followThread.open(caller, threadId, after);
    return this.open({ caller, response }, events, true);
  }

  /** Streams a few frames at known times. */
  selftest(caller: Caller, response: ServerResponse): Observable<SseMessage> {
    this.takePlace(caller, response);
    return this.connections.open({
      caller,
      response,
      source: selftest,
      encode: toChunks,
      ...tellingErrors(response),
    });
  }

  private async post({ caller, threadId, body, key, response }: Posted): Promise<StartedTurn> {
    const started = await this.postMessage.post(caller, threadId, body, key);
    if (body.options?.onDisconnect === 'cancel') this.cancelWhenLeft(caller, started.turn, response);
    return started;
  }

  /**
   * Cancels the turn when the last client here that has posted it goes: not when this server ends the stream, and not
   * while another tab, or the same client come back, still listens.
   */
  private cancelWhenLeft(caller: Caller, { threadId, id }: Turn, response: ServerResponse): void {
    this.listening.set(id, (this.listening.get(id) ?? 0) + 1);
    whenGone(response, () => {
      const others = (this.listening.get(id) ?? 1) - 1;
      if (others > 0) return void this.listening.set(id, others);
      this.listening.delete(id);
      if (!this.connections.isClientGone(response)) return;
      // Of a turn that has ended nothing is left to cancel, so whether it has need not be known here.
      void this.cancelTurn.cancel(caller, threadId, id).catch(() => undefined);
    });
  }

  private takePlace(caller: Caller, response: ServerResponse): void {
    if (!asksForHeaders(response)) whenGone(response, this.openStreams.open(caller));
  }

  private open(
    { caller, response }: Pick<Posted, 'caller' | 'response'>,
    source: (signal: AbortSignal) => AsyncGenerator<readonly StreamItem[], void>,
    isOpenEnded = false,
  ): Observable<SseMessage> {
    return this.connections.open({
      ...{ caller, response, source, encode: encoded, isOpenEnded },
      ...tellingErrors(response),
    });
  }
}

function tellingErrors(response: ServerResponse) {
  const requestId = String(response.getHeader('x-request-id') ?? '');
  return { onError: (error: unknown) => errorFrames(error, requestId) };
}

/** Calls back once, when the answer is through or the client has gone, even if that was before. */
function whenGone(response: ServerResponse, callback: () => void): void {
  if (response.closed) callback();
  else response.once('close', callback);
}
