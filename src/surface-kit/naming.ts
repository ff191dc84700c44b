/** A text that names its field: some speak of it in other words. For shapes without a place for the name. */
export function naming({ param, message }: { param: string | null; message: string }): string {
  return param === null || isWordOf(message, param) ? message : `${param}: ${message}`;
}

/** `n` is no word of `number`. */
function isWordOf(message: string, name: string): boolean {
  return message.split(name).some((before, i, parts) => {
    return i + 1 < parts.length && !/\w$/.test(before) && !/^\w/.test(parts[i + 1]);
  });
}
