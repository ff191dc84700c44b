import { Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { BlockedTerms, type TermList } from '../admission/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { BlockedTermsDto, PutBlockedTermsDto } from './blocked-terms.dto.js';

/** Room for the longest list in any spelling. */
const BODY_LIMITS = { maxBytes: 2_097_152, maxMembers: 20_000 };

@AdminApi()
export class BlockedTermsController {
  constructor(private readonly blocked: BlockedTerms) {}

  @Get('blocked-terms')
  @ApiOperation({
    operationId: 'getBlockedTerms',
    summary: 'Get the terms that nobody may ask for',
  })
  @ApiOkResponse({ type: BlockedTermsDto })
  async get(): Promise<BlockedTermsDto> {
    return toDto(await this.blocked.find(null), false);
  }

  @Put('blocked-terms')
  @ApiOperation({
    operationId: 'putBlockedTerms',
    summary: 'Replace the terms that nobody may ask for',
    description:
      'In force on every node within a second. A prompt that holds one is refused with 400 ' +
      '`content_policy_violation` before anything moves.',
  })
  @ApiBody({ type: PutBlockedTermsDto })
  @ApiOkResponse({ type: BlockedTermsDto })
  async put(@AdminBody(BODY_LIMITS) { terms }: PutBlockedTermsDto): Promise<BlockedTermsDto> {
    return toDto(await this.blocked.replace(null, terms), false);
  }

  @Get('accounts/:id/blocked-terms')
  @ApiOperation({
    operationId: 'getAccountBlockedTerms',
    summary: 'Get the terms that an account may not ask for',
  })
  @ApiOkResponse({ type: BlockedTermsDto })
  async getOfAccount(@Param('id') id: string): Promise<BlockedTermsDto> {
    const own = await this.blocked.find(id);
    return toDto(own ?? (await this.blocked.find(null)), own !== null);
  }

  @Put('accounts/:id/blocked-terms')
  @ApiOperation({
    operationId: 'putAccountBlockedTerms',
    summary: 'Give an account a list of its own',
    description: 'It stands in the place of the list for everybody; an empty one blocks nothing.',
  })
  @ApiBody({ type: PutBlockedTermsDto })
  @ApiOkResponse({ type: BlockedTermsDto })
  async putOfAccount(
    @Param('id') id: string,
    @AdminBody(BODY_LIMITS) { terms }: PutBlockedTermsDto,
  ): Promise<BlockedTermsDto> {
    return toDto(await this.blocked.replace(id, terms), true);
  }

  @Delete('accounts/:id/blocked-terms')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteAccountBlockedTerms',
    summary: 'Let an account go by the list for everybody again',
  })
  @ApiNoContentResponse()
  async removeOfAccount(@Param('id') id: string): Promise<void> {
    await this.blocked.remove(id);
  }
}

function toDto(list: TermList | null, own: boolean): BlockedTermsDto {
  return { terms: list?.terms ?? [], changedAt: list?.changedAt.toISOString() ?? null, own };
}
