import { DatabaseUnavailableError, isOutage } from '../database/index.js';

/** Items of one call: it holds their accounts until it commits, a fraction of a millisecond for each. */
const MOST_AT_ONCE = 128;

/**
 * Answers in the order of the items; null where the account is held by somebody
 * else and `wait` is false.
 */
export type GroupCall<Item, Answer> = (
  items: readonly Item[],
  wait: boolean,
) => Promise<readonly (Answer | null)[]>;

interface Asked<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One call at a time; what is asked meanwhile makes the next one. */
interface Lane<Item, Answer> {
  readonly account: string | null;
  readonly waiting: Asked<Item, Answer>[];
  isBusy: boolean;
}

/**
 * Group commit without a timer: all that is asked in one turn of the event loop
 * goes in one call, and all that is asked while it is under way in the next, so
 * that a flush to disk is shared by as many as there are. It waits for nobody:
 * what belongs to an account that is held elsewhere is asked again in a lane of
 * that account's own, which may wait. A call that one item breaks is repeated in
 * halves until that item stands alone, so that no neighbour fails with it.
 */
export class GroupCommit<Item, Answer> {
  private readonly shared: Lane<Item, Answer> = { account: null, waiting: [], isBusy: false };
  private readonly lanes = new Map<string, Lane<Item, Answer>>();

  constructor(
    private readonly call: GroupCall<Item, Answer>,
    private readonly accountOf: (item: Item) => string,
  ) {}

  /**
   * @throws whatever the call throws for this item
   * @throws DatabaseUnavailableError for all that shared a call in an outage, and all that waited behind it
   */
  run(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.enter(this.lanes.get(this.accountOf(item)) ?? this.shared, { item, resolve, reject });
    });
  }

  private enter(lane: Lane<Item, Answer>, asked: Asked<Item, Answer>): void {
    lane.waiting.push(asked);
    if (lane.isBusy) return;
    lane.isBusy = true;
    setImmediate(() => void this.work(lane));
  }

  private async work(lane: Lane<Item, Answer>): Promise<void> {
    while (lane.waiting.length > 0) {
      await this.ask(lane, lane.waiting.splice(0, MOST_AT_ONCE));
    }
    lane.isBusy = false;
    if (lane.account !== null) this.lanes.delete(lane.account);
  }

  /** Never rejects: each item has its own answer. */
  private async ask(
    lane: Lane<Item, Answer>,
    asked: readonly Asked<Item, Answer>[],
  ): Promise<void> {
    try {
      const items = asked.map(({ item }) => item);
      const answers = await this.call(items, lane.account !== null);
      for (const [at, answer] of answers.entries()) {
        if (answer === null) this.askAlone(asked[at]);
        else asked[at].resolve(answer);
      }
    } catch (error) {
      if (isOutage(error)) return giveUp(lane, asked, error);
      if (asked.length === 1) return asked[0].reject(error);
      const middle = asked.length >> 1;
      await this.ask(lane, asked.slice(0, middle));
      await this.ask(lane, asked.slice(middle));
    }
  }

  private askAlone(asked: Asked<Item, Answer>): void {
    const account = this.accountOf(asked.item);
    let lane = this.lanes.get(account);
    if (!lane) this.lanes.set(account, (lane = { account, waiting: [], isBusy: false }));
    this.enter(lane, asked);
  }
}

/**
 * Whoever waited behind a call that was never answered has waited long enough:
 * one more call would make it longer than anybody may wait for a 503.
 */
function giveUp<Item, Answer>(
  lane: Lane<Item, Answer>,
  asked: readonly Asked<Item, Answer>[],
  error: unknown,
): void {
  for (const { reject } of asked) reject(error);
  const notAsked = new DatabaseUnavailableError('the call before it was not answered');
  for (const { reject } of lane.waiting.splice(0)) reject(notAsked);
}
