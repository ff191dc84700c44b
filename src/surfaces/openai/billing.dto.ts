import { ApiProperty } from '@nestjs/swagger';

/** Answer of `GET /v1/dashboard/billing/subscription`. Credits stand where others have dollars. */
export class SubscriptionDto {
  @ApiProperty({ enum: ['billing_subscription'] })
  object: 'billing_subscription';

  @ApiProperty({ enum: [true] })
  has_payment_method: true;

  @ApiProperty({ description: 'All credits ever put in.', example: 500 })
  hard_limit_usd: number;

  @ApiProperty({ description: 'The same.', example: 500 })
  soft_limit_usd: number;

  @ApiProperty({ description: 'The same.', example: 500 })
  system_hard_limit_usd: number;

  @ApiProperty({
    type: 'integer',
    description: 'When the key expires, Unix seconds; 0 when it does not.',
    example: 0,
  })
  access_until: number;
}

/** Answer of `GET /v1/dashboard/billing/usage`. */
export class BillingUsageDto {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({
    description: 'Hundredths of credits spent or set aside, so that the limit less them is left.',
    example: 12800,
  })
  total_usage: number;
}
