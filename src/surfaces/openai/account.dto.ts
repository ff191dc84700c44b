import { ApiProperty } from '@nestjs/swagger';

/** The key that asked, with its own limits. `null`: no such limit. */
export class KeyFactsDto {
  @ApiProperty({ example: 'production' })
  name: string;

  @ApiProperty({
    description: 'The visible beginning of the secret.',
    example: 'sk-easel-live-8Kd2',
  })
  prefix: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Requests per minute.',
    example: 60,
  })
  rate_limit_rpm: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Images per day (UTC).' })
  daily_limit: number | null;

  @ApiProperty({ type: 'integer', description: 'Images made today (UTC).', example: 3 })
  daily_used: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'T-coin per day (UTC).' })
  daily_tcoin_limit: number | null;

  @ApiProperty({ type: 'number', description: 'T-coin spent today (UTC).', example: 6 })
  daily_tcoin_used: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'T-coin per month (UTC).' })
  monthly_tcoin_limit: number | null;

  @ApiProperty({ type: 'number', description: 'T-coin spent this month (UTC).', example: 120 })
  monthly_tcoin_used: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Generations at once.' })
  concurrency_limit: number | null;

  @ApiProperty({ type: 'integer', description: 'Generations running now.', example: 0 })
  concurrency_in_use: number;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  expires_at: string | null;
}

/** Answer of `GET /v1/account/balance`. T-coin is this API’s word for a credit. */
export class BalanceDto {
  @ApiProperty({ description: 'What can be spent now.', example: 96 })
  balance_tcoin: number;

  @ApiProperty({ description: 'Set aside for generations that still run.', example: 2 })
  held_tcoin: number;

  @ApiProperty({ enum: ['T'] })
  currency: 'T';

  @ApiProperty({ type: KeyFactsDto })
  key: KeyFactsDto;
}

export class UsageItemDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: '/v1/images/generations' })
  endpoint: string;

  @ApiProperty({ enum: ['POST'] })
  method: 'POST';

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Status of its answer; null while it runs.',
    example: 200,
  })
  status_code: number | null;

  @ApiProperty({ description: 'Charged for it.', example: 2 })
  tcoin_spent: number;

  @ApiProperty({ format: 'uuid', description: 'For GET /v1/images/{id}.' })
  generation_id: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 8123 })
  duration_ms: number | null;

  @ApiProperty({ type: 'string', nullable: true, example: null })
  error_code: string | null;

  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-18T11:46:40.000Z' })
  created_iso: string;
}

/** Answer of `GET /v1/account/usage`: requests of this key, newest first. */
export class UsagePageDto {
  @ApiProperty({ type: 'integer', example: 30 })
  window_days: number;

  @ApiProperty({ type: 'integer', description: 'In the whole window.', example: 128 })
  total_requests: number;

  @ApiProperty({ description: 'In the whole window.', example: 240 })
  total_tcoin_spent: number;

  @ApiProperty({ type: [UsageItemDto] })
  items: UsageItemDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Pass as before for the next, older page; null at the end.',
  })
  next_before: string | null;
}
