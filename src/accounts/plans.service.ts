import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChangeFeed, Database, UnitOfWork } from '../database/index.js';
import { checkOneOf } from './account.js';
import { checkLimits } from './limits.js';
import { PLAN_LIMIT_KINDS, PLAN_NAMES, type PlanLimits, type PlanName } from './plan.js';

/**
 * The limits of each plan, read on every request: kept in memory and read again
 * whenever topic `accounts` changes, on every node.
 */
@Injectable()
export class PlansService implements OnModuleInit {
  private plans = new Map<string, PlanLimits>();

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
  ) {}

  async onModuleInit(): Promise<void> {
    this.changes.onChange('accounts', () => this.load());
    await this.load();
  }

  /** Never asks the database. */
  limitsOf(plan: PlanName): PlanLimits {
    return this.plans.get(plan) ?? {};
  }

  /**
   * Replaces the limits of a plan, on every node within a second.
   *
   * @throws DomainError `invalid_value` for an unknown plan or limit.
   */
  async set(plan: PlanName, limits: PlanLimits): Promise<void> {
    checkOneOf('plan', plan, PLAN_NAMES);
    const checked = checkLimits('limits', limits, PLAN_LIMIT_KINDS);
    await this.unitOfWork.run(async (tx) => {
      await tx.query({
        text: 'UPDATE plans SET limits = $2 WHERE name = $1',
        values: [plan, JSON.stringify(checked)],
      });
      await this.changes.bump(tx, 'accounts');
    });
    await this.load();
  }

  private async load(): Promise<void> {
    const rows = await this.database.query<{ name: string; limits: unknown }>({
      name: 'plans-load',
      text: 'SELECT name, limits FROM plans',
    });
    this.plans = new Map(
      rows.map(({ name, limits }) => [name, checkLimits(`plan ${name}`, limits, PLAN_LIMIT_KINDS)]),
    );
  }
}
