import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { Caller } from '../../kernel/index.js';
import { OpenStreams } from '../../platform/http/index.js';
import { asksForHeaders, SseConnections, toChunks, type SseMessage } from '../../stream/index.js';
import { CancelTurn, type Turn } from '../../turn/index.js';
import { AwaitTurn, type TurnResult, type WaitingResult } from '../app/await-turn.js';
import { FollowThread } from '../app/follow-thread.js';
import { FollowTurn } from '../app/follow-turn.js';
import { FollowUser } from '../app/follow-user.js';
import { PostMessage, type PostedMessage } from '../app/post-message.js';
import type { StreamItem } from '../app/resume.js';
import { encoded, errorFrames, toFrame } from './frames.js';
import { selftestFrames } from './selftest-frames.js';

/** A message received over HTTP, and the connection for its answer. */
export interface Posted {
  readonly caller: Caller;
  readonly threadId: string;
  readonly body: PostedMessage;
  readonly key: string | undefined;
  readonly response: ServerResponse;
}

/** Connects the events of a turn or a thread to the connection of one client. */
@Injectable()
export class ThreadStreams {
  /** The number of connections of each turn that is to be cancelled when the last of them is closed. */
  private readonly listening = new Map<string, number>();

  constructor(
    private readonly openStreams: OpenStreams,
    private readonly connections: SseConnections,
    private readonly postMessage: PostMessage,
    private readonly followTurn: FollowTurn,
    private readonly followThread: FollowThread,
    private readonly followUser: FollowUser,
    private readonly awaitTurn: AwaitTurn,
    private readonly cancelTurn: CancelTurn,
  ) {}

  /** Stores the message and streams its turn. Errors that are known before are thrown before anything is streamed. */
  async message(posted: Posted, after: number | undefined): Promise<Observable<SseMessage>> {
    const { caller, response } = posted;
    this.reserveStream(caller, response);
    const { started, watch } = await this.post(posted);
    // Not the message with them, which may be long, for as long as the stream is open.
    const { turn, firstSeq } = started;
    return this.open(posted, (signal) =>
      this.followTurn.events(caller, { turn, firstSeq }, after, signal, watch),
    );
  }

  /** Stores the message and waits for its complete answer. */
  async answer(posted: Posted): Promise<TurnResult | WaitingResult> {
    const { started, watch } = await this.post(posted);
    const controller = new AbortController();
    onClosed(posted.response, () => {
      if (!posted.response.writableFinished) controller.abort();
    });
    return this.awaitTurn.answer(posted.caller, started, controller.signal, watch);
  }

  /** Streams the thread from the client's cursor. */
  async thread(
    caller: Caller,
    threadId: string,
    after: number | undefined,
    response: ServerResponse,
  ): Promise<Observable<SseMessage>> {
    this.reserveStream(caller, response);
    const events = await this.followThread.open(caller, threadId, after);
    return this.open({ caller, response }, events, true);
  }

  /** Streams what happens to the caller's threads, from now on. */
  async user(caller: Caller, response: ServerResponse): Promise<Observable<SseMessage>> {
    this.reserveStream(caller, response);
    const { events, close } = await this.followUser.open(caller);
    onClosed(response, close);
    return this.connections.open({
      ...{ caller, response, source: events, isOpenEnded: true },
      encode: (items) => toChunks(items.map(toFrame)),
      ...tellingErrors(response),
    });
  }

  /** Streams a few frames at fixed intervals. */
  selftest(caller: Caller, response: ServerResponse): Observable<SseMessage> {
    this.reserveStream(caller, response);
    return this.connections.open({
      caller,
      response,
      source: selftestFrames,
      encode: toChunks,
      ...tellingErrors(response),
    });
  }

  /** Watches the thread before it stores the message, so that nothing of the turn has to be read. */
  private async post({ caller, threadId, body, key, response }: Posted) {
    const watch = this.followTurn.prepare(threadId);
    onClosed(response, () => watch.release());
    const started = await this.postMessage.post(caller, threadId, body, key);
    if (body.options?.onDisconnect === 'cancel') this.cancelOnDisconnect(caller, started.turn, response);
    return { started, watch };
  }

  /**
   * Cancels the turn when the last client in this process that has posted it disconnects: not when the server ends the
   * stream, and not while another tab, or the same client after reconnecting, still follows it.
   */
  private cancelOnDisconnect(caller: Caller, { threadId, id }: Turn, response: ServerResponse): void {
    this.listening.set(id, (this.listening.get(id) ?? 0) + 1);
    onClosed(response, () => {
      const others = (this.listening.get(id) ?? 1) - 1;
      if (others > 0) return void this.listening.set(id, others);
      this.listening.delete(id);
      if (!this.connections.hasClientDisconnected(response)) return;
      // Cancelling a turn that has ended has no effect, so its state need not be known here.
      void this.cancelTurn.cancel(caller, threadId, id).catch(() => undefined);
    });
  }

  private reserveStream(caller: Caller, response: ServerResponse): void {
    if (!asksForHeaders(response)) onClosed(response, this.openStreams.open(caller));
  }

  private open(
    { caller, response }: Pick<Posted, 'caller' | 'response'>,
    source: (signal: AbortSignal) => AsyncIterable<readonly StreamItem[], void>,
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

/** Calls back once, when the response is complete or the client has disconnected, even if that was before. */
function onClosed(response: ServerResponse, callback: () => void): void {
  if (response.closed) callback();
  else response.once('close', callback);
}
