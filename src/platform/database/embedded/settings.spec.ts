import pg from 'pg';
import { connectionString, fitsSocket, serverArguments } from './settings.js';

describe('the settings of the embedded server', () => {
  it('listen on no TCP port', () => {
    expect(serverArguments('/data', '/socket', true)).toEqual(
      expect.arrayContaining(['-D', '/data', 'listen_addresses=', 'unix_socket_directories=/socket']),
    );
  });

  it('give up safety for speed only where that was asked for', () => {
    expect(serverArguments('/data', '/socket', true).join(' ')).not.toMatch(
      /fsync|synchronous_commit|full_page/,
    );
    expect(serverArguments('/data', '/socket', false)).toContain('fsync=off');
  });

  it.each([
    ['/tmp/threadline-pg-AbCdEf', true],
    [`/${'long/'.repeat(18)}`, false],
    ['/tmp/with,comma', false],
    ['/tmp/with space', false],
  ])('judge whether a socket fits into %s', (folder, fits) => {
    expect(fitsSocket(folder)).toBe(fits);
  });

  it('make an address that pg reads as a socket, whatever the environment says of ports and TLS', () => {
    const client = new pg.Client(connectionString({ socketDirectory: '/tmp/a-b', port: 5432 }, 'me', 'mine'));
    expect(client).toMatchObject({ host: '/tmp/a-b', port: 5432, user: 'me', database: 'mine', ssl: false });
  });
});
