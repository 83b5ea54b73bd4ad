/** The template of the addresses of threads as resources. */
export const THREADS = 'threadline://threads/{id}';

/** The address of a thread as a resource. */
export function threadUri(id: string): string {
  return THREADS.replace('{id}', id);
}
