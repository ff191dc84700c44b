import { startUpstreamStub } from './upstream-stub.mjs';

// Usage: node main.mjs [port] [behaviour]. Prints one JSON line, then serves until it is killed.
const [, , port, behaviour] = process.argv;
const stub = await startUpstreamStub({ port: Number(port ?? 0) });
if (behaviour) stub.always(behaviour);
process.stdout.write(`${JSON.stringify({ port: stub.port, baseUrl: stub.baseUrl })}\n`);
