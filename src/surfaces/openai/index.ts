export { OpenAiSurfaceModule } from './openai.module.js';
