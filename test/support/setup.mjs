// Runs before every suite, after reflect-metadata. Tests speak UTC wherever they run.
process.env.TZ = 'UTC';
