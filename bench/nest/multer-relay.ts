import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Body,
  Controller,
  HttpCode,
  Module,
  Post,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FilesInterceptor } from '@nestjs/platform-express';
import { announceReady } from '../ready.js';

const [stub] = process.argv.slice(2);

/** How an edit is usually relayed: files in memory, a new form of them, one fetch. */
@Controller('v1/images/edits')
class EditsController {
  @Post()
  @HttpCode(200)
  @UseInterceptors(FilesInterceptor('image[]'))
  async edit(
    @UploadedFiles() files: Express.Multer.File[],
    @Body() fields: Record<string, string>,
  ): Promise<unknown> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const { buffer, mimetype, originalname } of files) {
      form.append('image[]', new Blob([new Uint8Array(buffer)], { type: mimetype }), originalname);
    }
    const answer = await fetch(`${stub}/v1/images/edits`, { method: 'POST', body: form });
    return answer.json();
  }
}

@Module({ controllers: [EditsController] })
class EditsModule {}

const app = await NestFactory.create(EditsModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as Server;
server.keepAliveTimeout = 120_000;
announceReady({ port: (server.address() as AddressInfo).port });
