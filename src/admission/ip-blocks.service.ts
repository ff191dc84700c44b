import { Injectable, type OnModuleInit } from '@nestjs/common';
import { formatNetwork, isInside, type Network, parseNetwork } from '../api-keys/index.js';
import { DomainError, invalidValue, notFound } from '../common/domain-error.js';
import { ChangeFeed, Database, UnitOfWork } from '../database/index.js';

/** A network that may make no images. */
export interface IpBlock {
  /** Canonical: `203.0.113.0/24`, `2001:db8::/32`. */
  readonly cidr: string;
  /** For the operator only. */
  readonly reason: string | null;
  readonly createdAt: Date;
}

/**
 * Addresses that the operator lets make no images, whatever key they have. Kept
 * in memory and read again whenever they change, on every node.
 */
@Injectable()
export class IpBlocks implements OnModuleInit {
  private networks: readonly Network[] = [];

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
  ) {}

  async onModuleInit(): Promise<void> {
    this.changes.onChange('ip_blocks', () => this.load());
    await this.load();
  }

  /**
   * Never asks the database.
   *
   * @param ip peer address as the proxy settings make it out
   * @throws DomainError `ip_not_allowed`
   */
  refuse(ip: string | undefined): void {
    if (!isInside(ip, this.networks)) return;
    throw new DomainError('ip_not_allowed', 'Your IP is blocked from image generation.');
  }

  /** Newest first. */
  list(): Promise<IpBlock[]> {
    return this.database.query<IpBlock>({
      name: 'ip_blocks_list',
      text: `SELECT cidr, reason, created_at AS "createdAt" FROM ip_blocks
              ORDER BY created_at DESC, cidr`,
    });
  }

  /**
   * Adds a network, or gives one that is there another reason.
   *
   * @throws DomainError `invalid_value` for what is no address or network
   */
  async add(cidr: string, reason: string | null): Promise<IpBlock> {
    const values = [canonical(cidr), reason];
    const added = await this.unitOfWork.run(async (tx) => {
      const [block] = await tx.query<IpBlock>({
        text: `INSERT INTO ip_blocks (cidr, reason) VALUES ($1, $2)
               ON CONFLICT (cidr) DO UPDATE SET reason = excluded.reason
               RETURNING cidr, reason, created_at AS "createdAt"`,
        values,
      });
      await this.changes.bump(tx, 'ip_blocks');
      return block;
    });
    await this.load();
    return added;
  }

  /** @throws DomainError `invalid_value`; `not_found` when it is not blocked */
  async remove(cidr: string): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      const removed = await tx.query({
        text: 'DELETE FROM ip_blocks WHERE cidr = $1 RETURNING cidr',
        values: [canonical(cidr)],
      });
      if (removed.length === 0) throw notFound('IP block');
      await this.changes.bump(tx, 'ip_blocks');
    });
    await this.load();
  }

  private async load(): Promise<void> {
    const blocks = await this.list();
    this.networks = blocks.map(({ cidr }) => parseNetwork(cidr)).filter((each) => each !== null);
  }
}

function canonical(cidr: string): string {
  const network = parseNetwork(cidr);
  if (network) return formatNetwork(network);
  throw invalidValue('cidr', 'This is neither an IP address nor a network.', {
    accepted: ['203.0.113.7', '203.0.113.0/24', '2001:db8::/32'],
  });
}
