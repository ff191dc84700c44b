/**
 * Secrets whose variable names the operator chose: an upstream's `apiKeyEnv`
 * names the variable, so that no key ever stands in a file of settings.
 */
export class EnvSecrets {
  constructor(private readonly source: Readonly<Record<string, string | undefined>>) {}

  /** Null when unset or empty. Upper-case names only, as in every shell. */
  find(name: string): string | null {
    return /^[A-Z][A-Z0-9_]{0,127}$/.test(name) ? this.source[name] || null : null;
  }
}
