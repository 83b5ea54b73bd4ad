/** A script that runs only the server, in the foreground, so that npm and the server end together. */
const RUNS_SERVER = /\bdist[/\\]src[/\\](main|worker)\.js\b/;
const BACKGROUND = /(^|[^&>])&($|[^&>])|\b(nohup|setsid|disown|daemonize)\b/;

/** Whether a shell's command line lets its command outlive the shell. */
export function sendsToBackground(commandLine: string): boolean {
  return BACKGROUND.test(commandLine);
}

/** Whether npm (or a compatible tool) runs a script whose purpose is this server. */
export function isRunByNpm(environment: Readonly<Record<string, string | undefined>>): boolean {
  const script = environment['npm_lifecycle_script'];
  if (script === undefined) return environment['npm_lifecycle_event'] === 'start';
  return RUNS_SERVER.test(script) && !sendsToBackground(script);
}
