import { ApiProperty } from '@nestjs/swagger';

export class ViolationDto {
  @ApiProperty({ description: 'The broken rule.', example: 'held equals the open holds' })
  rule: string;

  @ApiProperty({ type: 'integer' })
  count: number;

  @ApiProperty({ type: [String], description: 'Up to five ids.' })
  examples: readonly string[];
}

export class LedgerReportDto {
  @ApiProperty()
  ok: boolean;

  @ApiProperty({ format: 'date-time' })
  checkedAt: string;

  @ApiProperty({ type: [ViolationDto] })
  violations: readonly ViolationDto[];
}
