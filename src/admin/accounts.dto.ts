import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { PLAN_NAMES, type PlanName } from '../accounts/index.js';
import { PageDto } from './page.dto.js';

const STATUSES = ['active', 'suspended'] as const;

export class CreateAccountDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'ada@example.com' })
  @IsString()
  @MaxLength(254)
  email: string;

  @ApiPropertyOptional({ enum: PLAN_NAMES, default: 'free' })
  @IsOptional()
  @IsIn(PLAN_NAMES)
  plan?: PlanName;

  @ApiPropertyOptional({ minLength: 10, description: 'For the console; never for the API.' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  password?: string;
}

export class PatchAccountDto {
  @ApiPropertyOptional({ enum: PLAN_NAMES })
  @IsOptional()
  @IsIn(PLAN_NAMES)
  plan?: PlanName;

  @ApiPropertyOptional({ enum: STATUSES, description: 'A suspended account spends nothing.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    description: 'Permille of list price: 1000 is list price, 800 a fifth off.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  priceFactor?: number;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    minLength: 10,
    description:
      'To sign in with; null: nobody signs in any more. Ends every session of the account, and ' +
      'is recorded in the audit log.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  password?: string | null;
}

export class AdminBalanceDto {
  @ApiProperty({ description: 'Credits that can be spent.', example: 100 })
  available: number;

  @ApiProperty({ description: 'Credits set aside for work under way.', example: 0 })
  held: number;
}

export class AccountDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  email: string;

  @ApiProperty({ enum: PLAN_NAMES })
  plan: PlanName;

  @ApiProperty({ enum: STATUSES })
  status: string;

  @ApiProperty({ type: 'integer', description: 'Permille of list price.', example: 1000 })
  priceFactor: number;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: AdminBalanceDto })
  credits: AdminBalanceDto;
}

export class AccountListDto extends PageDto {
  @ApiProperty({ type: [AccountDto] })
  data: AccountDto[];
}
