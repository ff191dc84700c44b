import { Delete, Get, HttpCode, Post } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { type IpBlock, IpBlocks } from '../admission/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { AddIpBlockDto, DeleteIpBlockDto, IpBlockDto, IpBlockListDto } from './ip-blocks.dto.js';

@AdminApi()
export class IpBlocksController {
  constructor(private readonly blocks: IpBlocks) {}

  @Get('ip-blocks')
  @ApiOperation({ operationId: 'listIpBlocks', summary: 'List addresses that make no images' })
  @ApiOkResponse({ type: IpBlockListDto })
  async list(): Promise<IpBlockListDto> {
    return { data: (await this.blocks.list()).map(toDto) };
  }

  @Post('ip-blocks')
  @ApiOperation({
    operationId: 'addIpBlock',
    summary: 'Let an address or a network make no more images',
    description:
      'In force on every node within a second, for every key. Requests to make images are refused ' +
      'with 403 before their body is read; everything else goes on. Safe to repeat.',
  })
  @ApiBody({ type: AddIpBlockDto })
  @ApiCreatedResponse({ type: IpBlockDto })
  async add(@AdminBody() { cidr, reason }: AddIpBlockDto): Promise<IpBlockDto> {
    return toDto(await this.blocks.add(cidr, reason ?? null));
  }

  @Delete('ip-blocks')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteIpBlock', summary: 'Lift a block' })
  @ApiBody({ type: DeleteIpBlockDto })
  @ApiNoContentResponse()
  async remove(@AdminBody() { cidr }: DeleteIpBlockDto): Promise<void> {
    await this.blocks.remove(cidr);
  }
}

function toDto({ cidr, reason, createdAt }: IpBlock): IpBlockDto {
  return { cidr, reason, createdAt: createdAt.toISOString() };
}
