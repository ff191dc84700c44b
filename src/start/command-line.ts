import { parseArgs } from 'node:util';

/** A command that works on one file, as its words came in. */
export interface FileCommand {
  readonly file: string;
  readonly flags: ReadonlySet<string>;
}

/** @throws Error that says how the command is used */
export function readFileCommand(
  words: readonly string[],
  usage: string,
  flags: readonly string[] = [],
): FileCommand {
  try {
    const options = Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }]));
    const given = parseArgs({ args: [...words], options, allowPositionals: true });
    const [file, ...others] = given.positionals;
    if (file === undefined || file === '-' || others.length > 0) throw new Error('one FILE');
    return { file, flags: new Set(Object.keys(given.values)) };
  } catch (error) {
    throw new Error(`Usage: ${usage}`, { cause: error });
  }
}

/** Ends work in an orderly way at the first SIGINT or SIGTERM; a second one ends the process. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
  }
  return controller.signal;
}
