export * from './image-provider.js';
