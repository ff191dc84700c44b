// What `nest build` does, by TypeScript's own API: the Nest CLI wants a newer Node than we promise.
// A process of its own, so that the server does not carry the compiler's memory.
import { before as describeDtos } from '@nestjs/swagger/plugin';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './ensure.mjs';
import { describeSources, listSources, recordBuild } from './freshness.mjs';

process.chdir(ROOT);
const target = process.argv[2];
const sources = describeSources();
if (!compile(target)) {
  await rm(target, { recursive: true, force: true });
  process.exit(1);
}
await copyOtherFiles(target);
recordBuild(target, sources);

function compile(outDir) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => report([problem]) };
  const overrides = { outDir, noEmitOnError: true, incremental: false };
  const config = ts.getParsedCommandLineOfConfigFile('tsconfig.build.json', overrides, host);
  const program = ts.createProgram(config.fileNames, config.options);
  const problems = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
  if (problems.length > 0) return report(problems);
  const before = [describeDtos(swaggerOptions(), program)];
  const { diagnostics } = program.emit(undefined, undefined, undefined, false, { before });
  return diagnostics.length === 0 || report(diagnostics);
}

function swaggerOptions() {
  const { config } = ts.readConfigFile('nest-cli.json', ts.sys.readFile);
  const plugins = config.compilerOptions.plugins;
  return plugins.find(({ name }) => name === '@nestjs/swagger').options;
}

function report(problems) {
  const format = process.stderr.isTTY
    ? 'formatDiagnosticsWithColorAndContext'
    : 'formatDiagnostics';
  const host = {
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (file) => file,
    getNewLine: () => '\n',
  };
  console.error(ts[format](problems, host));
  console.error(`Build failed: ${problems.length} problem(s) in the sources.`);
  return false;
}

/** Schemas, pages, plain JavaScript: what the program reads beside itself. */
async function copyOtherFiles(outDir) {
  const inTree = /^(src|migrations)[\\/]/;
  const files = listSources().filter((file) => inTree.test(file) && !/\.(d\.)?m?ts$/.test(file));
  for (const file of files) {
    await mkdir(dirname(join(outDir, file)), { recursive: true });
    await cp(file, join(outDir, file));
  }
}
