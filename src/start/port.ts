import { createServer } from 'node:net';

/**
 * Found out before anything else is started, so that a second start on a taken
 * port says so at once and touches nothing.
 *
 * @throws Error in words for the operator
 */
export function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} on ${host} is taken. Stop what listens there, or set PORT to another one.`,
    );
  }
  if (error.code === 'EACCES') {
    return new Error(`This user may not listen on port ${port}. Set PORT to one above 1023.`);
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new Error(`HOST ${host} is no address of this machine.`);
  }
  return error;
}
