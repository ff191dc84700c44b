export * from './image-request.js';
