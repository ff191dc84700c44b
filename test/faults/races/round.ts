import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../../src/common/domain-error.js';
import type { Accepted, RelayCommand } from '../../../src/relay/index.js';
import { checkInvariants } from '../simulator/invariants.js';
import type { Random } from '../simulator/random.js';
import { drawCrowd, drawRacers, type Racer } from './crowd.js';
import { type Field, unlessAway } from './field.js';
import { checkPictures } from './pictures.js';

const CROWD = 48;
/** Cancels come while answers do. */
const CANCEL_WITHIN_MS = 40;
const REST_MS = 40_000;
/** Often enough that free slots find all nodes looking. */
const SIGNAL_MS = 10;

/** What became of one request. */
interface Outcome {
  readonly command: RelayCommand;
  /** Who was asked. */
  readonly node: number;
  readonly accepted: Accepted | null;
  /** Why it was not. */
  readonly error: Error | null;
}

/**
 * One race: everybody asks at once while nothing can leave the upstream, so that
 * all that is accepted is in flight together; then all of it ends at once, some of
 * it canceled, and lost answers are asked for again by two at a time.
 */
export class Round {
  private readonly found: string[] = [];
  private readonly racers: readonly Racer[];

  constructor(
    private readonly field: Field,
    private readonly random: Random,
  ) {
    this.racers = drawRacers(random);
  }

  /** @returns what was violated */
  async run(): Promise<readonly string[]> {
    await this.field.enter(this.racers);
    const crowd = drawCrowd(this.random, this.racers, CROWD, await this.field.catalogVersion());
    const open = this.field.upstream.close();
    const outcomes = await this.askAll(crowd);
    this.judge(outcomes);
    await this.checkLimits();
    await this.check(false);
    open();
    const accepted = outcomes.filter(({ accepted }) => accepted !== null);
    await Promise.all([this.cancelSome(accepted), this.repeatSome(accepted), this.untilRest()]);
    await this.revokeOne(crowd);
    if (await this.untilRest()) await this.check(true);
    else this.found.push(`no rest within ${REST_MS / 1000} s`);
    this.found.push(...(await checkPictures(this.field, this.ids)));
    return this.found;
  }

  private get ids(): string[] {
    return this.racers.map(({ id }) => id);
  }

  private askAll(crowd: readonly RelayCommand[]): Promise<Outcome[]> {
    return Promise.all(crowd.map((command, node) => this.ask(command, node)));
  }

  private async ask(command: RelayCommand, node: number): Promise<Outcome> {
    try {
      const accepted = await this.field.relay(node).accept(command);
      return { command, node, accepted, error: null };
    } catch (error) {
      return { command, node, accepted: null, error: error as Error };
    }
  }

  /** Refusals are of the closed list; a key leads to one generation, and back to one body. */
  private judge(outcomes: readonly Outcome[]): void {
    const bound = new Map<string, Outcome>();
    for (const outcome of outcomes) {
      const { command, accepted, error } = outcome;
      if (error !== null && !(error instanceof DomainError)) {
        this.found.push(`a request was answered 500: ${error.message}`);
      }
      if (!accepted || command.idempotencyKey === null) continue;
      const first = bound.get(command.idempotencyKey);
      if (!first) bound.set(command.idempotencyKey, outcome);
      else if (first.accepted!.generationId !== accepted.generationId) {
        this.found.push('one Idempotency-Key made two generations');
      } else if (!first.command.fingerprint.equals(command.fingerprint)) {
        this.found.push('one Idempotency-Key gave one generation to two bodies');
      }
    }
  }

  /** With everything in flight the caps are what can be counted. */
  private async checkLimits(): Promise<void> {
    for (const { id, caps } of this.racers) {
      const [{ many, images }] = await this.field.ask<{ many: number; images: number }>(
        `SELECT count(*)::int AS many, coalesce(sum(count), 0)::int AS images
           FROM generations WHERE account_id = $1`,
        [id],
      );
      if (many > (caps.concurrency ?? many)) {
        this.found.push(`${many} generations in flight where ${caps.concurrency} are allowed`);
      }
      if (images > (caps.imagesPerDay ?? images)) {
        this.found.push(`${images} images a day where ${caps.imagesPerDay} are allowed`);
      }
    }
  }

  private async check(atRest: boolean): Promise<void> {
    this.found.push(...(await checkInvariants(this.field, this.ids, atRest)));
  }

  private async cancelSome(outcomes: readonly Outcome[]): Promise<void> {
    const some = outcomes.filter(() => this.random.chance(0.25));
    await Promise.all(
      some.map(async ({ command, accepted }, at) => {
        await sleep(this.random.below(CANCEL_WITHIN_MS));
        const canceled = this.field.relay(at).cancel(command.accountId, accepted!.generationId);
        await unlessAway(canceled);
      }),
    );
  }

  /** A lost answer is asked for twice at once: one of them may have it. */
  private async repeatSome(outcomes: readonly Outcome[]): Promise<void> {
    const lost = outcomes.filter(
      ({ accepted, command }) =>
        accepted?.origin === 'new' && command.idempotencyKey === null && this.random.chance(0.3),
    );
    await Promise.all(
      lost.map(async ({ command, accepted, node }) => {
        this.field.relay(node).answerLost(accepted!);
        const { generationId } = accepted!;
        const stranger = this.strangerTo(command);
        const [given, ...repeats] = await this.askAll([stranger, command, command]);
        this.judge(repeats);
        const joined = repeats.filter((repeat) => repeat.accepted?.generationId === generationId);
        if (joined.length > 1) this.found.push('a lost answer was given to two');
        if (given.accepted?.generationId !== generationId) return;
        this.found.push('a lost answer was given to another key');
      }),
    );
  }

  /** Somebody else who sends the same body. */
  private strangerTo({ apiKeyId, ...command }: RelayCommand): RelayCommand {
    const others = this.racers.flatMap(({ id, keys }) => {
      return keys.filter((key) => key !== apiKeyId).map((key) => ({ id, key }));
    });
    const { id, key } = this.random.pick(others);
    return { ...command, accountId: id, apiKeyId: key };
  }

  /** After the answer to the operator nobody accepts anything with that key. */
  private async revokeOne(crowd: readonly RelayCommand[]): Promise<void> {
    const { apiKeyId } = this.random.pick(crowd);
    if ((await unlessAway(this.field.revoke(apiKeyId!))) === 'away') return;
    const again = crowd.filter((command) => command.apiKeyId === apiKeyId);
    const fresh = again.map((command) => ({
      ...command,
      idempotencyKey: null,
      delivery: undefined,
    }));
    const outcomes = await this.askAll(fresh);
    if (outcomes.every(({ accepted }) => accepted === null)) return;
    this.found.push('a revoked key was accepted');
  }

  private async untilRest(): Promise<boolean> {
    const end = performance.now() + REST_MS;
    while (performance.now() < end) {
      const open = await this.field.ask(
        'SELECT 1 FROM generations WHERE account_id = ANY ($1) AND finished_at IS NULL LIMIT 1',
        [this.ids],
      );
      if (open.length === 0) return true;
      this.field.signal();
      await sleep(SIGNAL_MS);
    }
    return false;
  }
}
