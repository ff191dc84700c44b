import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../test/support/easel-process.js';
import { Child } from '../child.js';
import type { Workbench } from '../workbench.js';
import { type Contender, NotHereError } from './contender.js';
import { whenItAnswers } from './when-it-answers.js';

/** The limit of what a relay can be: it looks at no byte of a body. */
export async function startNginx(bench: Workbench): Promise<Contender> {
  await promisify(execFile)('nginx', ['-v']).catch(() => {
    throw new NotHereError('nginx is not installed (Debian: apt-get install nginx-light)');
  });
  const home = join(bench.folder.path, 'nginx');
  await mkdir(home, { recursive: true });
  const port = await freePort();
  const file = join(home, 'nginx.conf');
  await writeFile(file, configuration(home, port, new URL(bench.stub).host));
  const child = Child.start(bench.folder, ['nginx', '-p', home, '-c', file, '-e', 'stderr']);
  const origin = `http://127.0.0.1:${port}`;
  await whenItAnswers(origin);
  await bench.putOnMeasuredCore(child.pid);
  return { name: 'nginx', door: { origin, headers: {} }, pid: child.pid, stop: () => child.stop() };
}

/** One process; nothing buffered to disk, connections kept on both sides. */
function configuration(home: string, port: number, stub: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off; master_process off; pid "${home}/pid";
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 1000000; client_max_body_size 64m;
      ${folders.map((name) => `${name}_temp_path "${home}/${name}";`).join(' ')}
      upstream stub { server ${stub}; keepalive 256; keepalive_requests 1000000; }
      server {
        listen 127.0.0.1:${port} backlog=1024;
        location / {
          proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 4 64k;
          proxy_request_buffering off;
          proxy_read_timeout 120s;
        }
      }
    }`;
}
