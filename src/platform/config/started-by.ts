/** A script that runs the server and nothing else, in the foreground: its end is npm's end, and the other way round. */
const RUNS_SERVER = /\bdist[/\\]src[/\\](main|worker)\.js\b/;
const BACKGROUND = /(^|[^&>])&($|[^&>])|\b(nohup|setsid|disown|daemonize)\b/;

/** Whether a shell's command line means what it starts to outlive it. */
export function sendsToBackground(commandLine: string): boolean {
  return BACKGROUND.test(commandLine);
}

/** Whether npm (or another that runs package scripts as npm does) runs this server as what the script is for. */
export function isRunByNpm(environment: Readonly<Record<string, string | undefined>>): boolean {
  const script = environment['npm_lifecycle_script'];
  if (script === undefined) return environment['npm_lifecycle_event'] === 'start';
  return RUNS_SERVER.test(script) && !sendsToBackground(script);
}
