import { newId } from '../../../src/common/ids.js';
import type { AcceptItem, AssetRow } from '../../../src/relay/generation-items.js';
import { asset, command, item, settlement } from '../../support/ledger-node.js';
import { checkInvariants } from '../simulator/invariants.js';
import type { Random } from '../simulator/random.js';
import { drawRacer, ROOMY, toRequest } from './crowd.js';
import { type Field, unlessAway } from './field.js';

const TAKEOVERS = 6;
const COUNT = 2;
/** Wire credits of a picture of the tier asked for. */
const PRICE = 2;

/**
 * Whoever lost a generation to another comes back just as the other ends it, and
 * accepts and settles are made twice at once, as after an answer that nobody heard.
 */
export class Takeover {
  private readonly found: string[] = [];
  private readonly racer;

  constructor(
    private readonly field: Field,
    private readonly random: Random,
  ) {
    this.racer = { ...drawRacer(random), granted: 200_000n };
  }

  /** @returns what was violated */
  async run(): Promise<readonly string[]> {
    await this.field.enter([this.racer]);
    const catalog = await this.field.catalogVersion();
    await Promise.all(Array.from({ length: TAKEOVERS }, () => this.takeOver(catalog)));
    this.found.push(...(await checkInvariants(this.field, [this.racer.id], true)));
    return this.found;
  }

  private async takeOver(catalog: number): Promise<void> {
    const { id, keys } = this.racer;
    const request = toRequest(ROOMY, COUNT, catalog);
    const asked = command(id, keys[0], { request });
    const before = item(asked, COUNT * PRICE, { workerId: await this.givenWorker() });
    await this.twice('accept', 'ok', async (at) => {
      return (await this.field.generations(at).accept(before)).verdict;
    });
    const token = await this.handOver(before);
    if (token === null) return;
    const after = { ...before, lease: { ...before.lease, token } };
    const pictures = [asset(0, PRICE), asset(1, PRICE)];
    const ends = [() => this.comeBack(before), () => this.end(after, pictures)];
    if (this.random.chance(0.5)) ends.reverse();
    await Promise.all(ends.map((end) => end()));
    await this.checkPictures(before.id, pictures);
  }

  /** The former holder: it has pictures, too, and may not add them or end anything. */
  private async comeBack(before: AcceptItem): Promise<void> {
    const late = asset(0, PRICE);
    const { token } = before.lease!;
    await this.expect('record by who was replaced', 'false', async () => {
      return String(await this.field.generations(0).recordImage(before.id, token, late));
    });
    await this.twice('settle by who was replaced', 'fenced', (at) => {
      return this.field.generations(at).settle(settlement(before, [late]));
    });
  }

  private async end(after: AcceptItem, pictures: readonly AssetRow[]): Promise<void> {
    const { token } = after.lease!;
    await this.expect('record', 'true', async () => {
      return String(await this.field.generations(1).recordImage(after.id, token, pictures[0]));
    });
    await this.twice('settle', 'ok', (at) => {
      return this.field.generations(at).settle(settlement(after, pictures));
    });
  }

  private async twice(
    what: string,
    expected: string,
    call: (at: number) => Promise<string>,
  ): Promise<void> {
    await Promise.all([0, 1].map((at) => this.expect(what, expected, () => call(at))));
  }

  private async expect(what: string, expected: string, call: () => Promise<string>): Promise<void> {
    const answer = await unlessAway(call()).catch((error: Error) => error.message);
    if (answer !== expected && answer !== 'away')
      this.found.push(`${what} was answered: ${answer}`);
  }

  /** Nobody reaps what it holds: who takes over is ours to say. */
  private async givenWorker(): Promise<string> {
    const id = newId();
    await this.field.ask(
      `INSERT INTO workers (id, name, role, lease_until)
       VALUES ($1, 'w', 'api', now() + interval '1 h')`,
      [id],
    );
    return id;
  }

  /** @returns the new holder's token; null when there is nothing to hold */
  private async handOver({ id }: AcceptItem): Promise<string | null> {
    const token = newId();
    const taken = await this.field.ask(
      'UPDATE generations SET lease_token = $2 WHERE id = $1 RETURNING id',
      [id, token],
    );
    return taken.length === 1 ? token : null;
  }

  private async checkPictures(id: string, pictures: readonly AssetRow[]): Promise<void> {
    const rows = await this.field.ask<{ id: string }>(
      'SELECT id FROM assets WHERE generation_id = $1 ORDER BY ordinal',
      [id],
    );
    if (rows.map((row) => row.id).join() === pictures.map((picture) => picture.id).join()) return;
    this.found.push('a generation has other pictures than its holder gave it');
  }
}
