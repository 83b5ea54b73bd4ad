import { spawn } from 'node:child_process';

const PASSED_ON = ['SIGTERM', 'SIGHUP'];

/**
 * Runs a program on our terminal; resolves with its exit code. Ctrl-C reaches it from the terminal itself; a signal that
 * comes to us alone is passed on, and ends us when the program has ended.
 */
export function run(command, args, { cwd, env = process.env, shell = false }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: 'inherit' });
    const ignore = () => undefined;
    const passOn = (signal) => child.kill(signal);
    process.on('SIGINT', ignore);
    for (const signal of PASSED_ON) process.on(signal, passOn);
    const end = (code) => {
      process.off('SIGINT', ignore);
      for (const signal of PASSED_ON) process.off(signal, passOn);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code) => end(code ?? 1));
  });
}
