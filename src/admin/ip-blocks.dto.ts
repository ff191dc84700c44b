import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, MaxLength } from 'class-validator';

/** Longer than any spelling of an IPv6 network. */
const MAX_CIDR = 64;
const MAX_REASON = 500;

export class DeleteIpBlockDto {
  @ApiProperty({
    description: 'An address or a network.',
    maxLength: MAX_CIDR,
    example: '203.0.113.0/24',
  })
  @IsString()
  @Length(1, MAX_CIDR)
  cidr: string;
}

export class AddIpBlockDto extends DeleteIpBlockDto {
  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    maxLength: MAX_REASON,
    description: 'For operators only.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_REASON)
  reason?: string | null;
}

export class IpBlockDto {
  @ApiProperty({ description: 'As a network.', example: '203.0.113.0/24' })
  cidr: string;

  @ApiProperty({ type: 'string', nullable: true })
  reason: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export class IpBlockListDto {
  @ApiProperty({ type: [IpBlockDto], description: 'Newest first.' })
  data: IpBlockDto[];
}
