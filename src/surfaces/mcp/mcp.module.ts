import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { CreditsModule } from '../../credits/index.js';
import { ModelsModule } from '../../models/index.js';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import { CommandsModule, SurfaceKitModule, UploadsModule } from '../../surface-kit/index.js';
import { McpCommands } from './commands.service.js';
import { GenerationAnswers } from './generation-answers.service.js';
import { McpController } from './mcp.controller.js';
import { McpServers } from './mcp-server.service.js';
import { McpSubmission } from './submission.service.js';
import { ToolRunner } from './tool-runner.service.js';
import { EditImageTool } from './tools/edit-image.tool.js';
import { GenerateImageTool } from './tools/generate-image.tool.js';
import { GetBalanceTool } from './tools/get-balance.tool.js';
import { GetImageTool } from './tools/get-image.tool.js';
import { ListModelsTool } from './tools/list-models.tool.js';
import { Toolbox } from './tools/toolbox.service.js';

/** Pictures for models: the Model Context Protocol over HTTP. */
@Module({
  imports: [
    AdmissionModule,
    ApiKeysModule,
    CommandsModule,
    CreditsModule,
    ModelsModule,
    RelayModule,
    StorageModule,
    SurfaceKitModule,
    UploadsModule,
  ],
  controllers: [McpController],
  providers: [
    EditImageTool,
    GenerateImageTool,
    GenerationAnswers,
    GetBalanceTool,
    GetImageTool,
    ListModelsTool,
    McpCommands,
    McpServers,
    McpSubmission,
    ToolRunner,
    Toolbox,
  ],
})
export class McpSurfaceModule {}
