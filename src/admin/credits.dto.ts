import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { GrantKind } from '../credits/index.js';
import { AdminBalanceDto } from './accounts.dto.js';
import { IsAmount, IsText } from './fields.js';

const GRANT_KINDS: readonly GrantKind[] = ['paid', 'gift', 'code', 'correction'];

export class GrantDto {
  @IsAmount()
  amount: bigint;

  @ApiPropertyOptional({ enum: GRANT_KINDS, default: 'gift' })
  @IsOptional()
  @IsIn(GRANT_KINDS)
  kind?: GrantKind;

  @IsOptional()
  @IsText(500, 'Welcome credits')
  reason?: string;

  /** The same reference counts once per account, however often it is sent. */
  @IsOptional()
  @IsText(200, 'invoice-2026-0001')
  reference?: string;
}

/** An adjustment or a refund: always with a reason, and a reference that counts once. */
export class CorrectionDto {
  @IsAmount()
  amount: bigint;

  @IsText(500, 'Charged back by the bank')
  reason: string;

  @IsText(200, 'dispute-4711')
  reference: string;
}

export class AdjustmentResultDto extends AdminBalanceDto {
  @ApiProperty({ description: 'Credits that were taken.', example: 30 })
  applied: number;

  @ApiProperty({ description: 'Credits that were not there to be taken.', example: 0 })
  shortfall: number;
}

export class RefundResultDto extends AdminBalanceDto {
  @ApiProperty({ description: 'Refunded for this generation, all refunds together.', example: 2 })
  refunded: number;
}
