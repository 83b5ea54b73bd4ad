import { execFile } from 'node:child_process';

/** How a short-lived program ended; `code` is -1 when it could not be started or was killed. */
export interface ProcessOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole environment of the server and its tools: none of our variables, and English messages. */
export function serverEnvironment(libraries?: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    LC_ALL: 'C',
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
  };
}

/** Runs a program to its end, optionally as another account. Never rejects. */
export function run(
  file: string,
  args: readonly string[],
  options: {
    readonly account?: { readonly uid: number; readonly gid: number } | undefined;
    readonly libraries?: string;
    readonly timeoutMs?: number;
  },
): Promise<ProcessOutput> {
  const { account, libraries, timeoutMs = 10_000 } = options;
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      {
        // The account may not have access to the current working directory.
        cwd: '/',
        env: serverEnvironment(libraries),
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 1_048_576,
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
      },
    );
  });
}
