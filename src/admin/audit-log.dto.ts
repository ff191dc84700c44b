import { ApiProperty } from '@nestjs/swagger';
import { IsCount, IsIdFilter } from './fields.js';

export class AuditLogQueryDto {
  @IsIdFilter('Older than this record: `next` of the page before.')
  before?: string;

  @IsCount(1, 100, 20)
  limit: number = 20;
}

export class AuditRecordDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ example: 'operator' })
  actor: string;

  @ApiProperty({ example: 'generation.takedown' })
  action: string;

  @ApiProperty({ description: 'Id of what it was done to.' })
  subject: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { reason: 'Court order' } })
  details: object;
}

export class AuditLogDto {
  @ApiProperty({ type: [AuditRecordDto], description: 'Newest first.' })
  data: AuditRecordDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: '`before` of the next page; null: the end.',
  })
  next: string | null;
}
