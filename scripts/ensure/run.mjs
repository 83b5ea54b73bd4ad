import { spawn } from 'node:child_process';

/** Runs a program on our terminal; resolves with its exit code. Ctrl-C reaches it from the terminal itself. */
export function run(command, args, { cwd, env = process.env, shell = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: 'inherit' });
    const ignore = () => undefined;
    process.on('SIGINT', ignore);
    const end = (code) => {
      process.off('SIGINT', ignore);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code) => end(code ?? 1));
  });
}
