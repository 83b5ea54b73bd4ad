import { Inject, Injectable } from '@nestjs/common';
import { newId, type Caller } from '../../kernel/index.js';
import { THREAD_STORE, type Thread, type ThreadStore } from '../../thread/index.js';
import { DEFAULT_WORKFLOW, WorkflowCatalogue } from '../../workflow/index.js';

export interface ThreadRequest {
  /** A new one when absent. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly workflow?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Creates a thread, pinned to the newest version of its workflow. */
@Injectable()
export class CreateThread {
  constructor(
    @Inject(THREAD_STORE) private readonly threads: ThreadStore,
    private readonly workflows: WorkflowCatalogue,
  ) {}

  /** Throws `UNKNOWN_WORKFLOW`. */
  async create(
    caller: Caller,
    { id = newId(), title, workflow = DEFAULT_WORKFLOW, metadata = {} }: ThreadRequest,
  ): Promise<Thread> {
    const { name, version } = await this.workflows.get(caller.org, workflow);
    return this.threads.create(caller, {
      id,
      title: title ?? null,
      workflow: name,
      workflowVersion: version,
      metadata,
      createdAt: new Date().toISOString(),
    });
  }
}
