import { Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AccountsService } from '../accounts/index.js';
import { ApiKeysService } from '../api-keys/index.js';
import { UnitOfWork } from '../database/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import {
  ApiKeyDto,
  ApiKeyListDto,
  CreateApiKeyDto,
  CreatedApiKeyDto,
  PatchApiKeyDto,
} from './api-keys.dto.js';
import { toApiKeyDto } from './mapper.js';

@AdminApi()
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly accounts: AccountsService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post('accounts/:id/api-keys')
  @ApiOperation({
    operationId: 'createApiKey',
    summary: 'Create an API key; its secret is shown once',
  })
  @ApiBody({ type: CreateApiKeyDto })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  async create(
    @Param('id') accountId: string,
    @AdminBody() body: CreateApiKeyDto,
  ): Promise<CreatedApiKeyDto> {
    const { key, secret } = await this.unitOfWork.run((tx) =>
      this.apiKeys.create(tx, accountId, body),
    );
    return { ...toApiKeyDto(key), secret };
  }

  @Get('accounts/:id/api-keys')
  @ApiOperation({ operationId: 'listApiKeys', summary: 'List the API keys of an account' })
  @ApiOkResponse({ type: ApiKeyListDto })
  async list(@Param('id') accountId: string): Promise<ApiKeyListDto> {
    await this.accounts.getOrThrow(accountId);
    const keys = await this.apiKeys.list(accountId);
    return { data: keys.map(toApiKeyDto) };
  }

  @Patch('api-keys/:id')
  @ApiOperation({
    operationId: 'patchApiKey',
    summary: 'Change an API key',
    description: 'Effective on every node within a second.',
  })
  @ApiBody({ type: PatchApiKeyDto })
  @ApiOkResponse({ type: ApiKeyDto })
  async patch(@Param('id') id: string, @AdminBody() body: PatchApiKeyDto): Promise<ApiKeyDto> {
    return toApiKeyDto(await this.apiKeys.patch(id, body));
  }

  @Delete('api-keys/:id')
  @ApiOperation({
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key for good',
    description: 'Nothing is accepted for it any more; work that was accepted finishes.',
  })
  @ApiOkResponse({ type: ApiKeyDto })
  async revoke(@Param('id') id: string): Promise<ApiKeyDto> {
    return toApiKeyDto(await this.apiKeys.revoke(id));
  }
}
