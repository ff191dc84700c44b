// Imported first by every script, so that an old Node gets a sentence and not a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Easel needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
