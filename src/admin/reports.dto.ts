import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsCount, IsIdFilter } from './fields.js';

const STATES = ['open', 'closed'] as const;

export class ReportQueryDto {
  @ApiPropertyOptional({ enum: STATES, default: 'open' })
  @IsOptional()
  @IsIn(STATES)
  state: (typeof STATES)[number] = 'open';

  @IsIdFilter('Older than this report: `next` of the page before.')
  before?: string;

  @IsCount(1, 100, 20)
  limit: number = 20;
}

export class ReportDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  generationId: string;

  @ApiProperty({ example: 'copyright' })
  reason: string;

  @ApiProperty({ description: 'In the words of a stranger.' })
  note: string;

  @ApiProperty({ format: 'date-time' })
  reportedAt: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  closedAt: string | null;
}

export class ReportListDto {
  @ApiProperty({ type: [ReportDto], description: 'Newest first.' })
  data: ReportDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: '`before` of the next page; null: the end.',
  })
  next: string | null;
}
