#!/usr/bin/env node
// Runs the binary of the platform package that npm installed beside this one, with the same arguments, streams and exit code.
const { spawn } = require('node:child_process');
const platforms = require('./platforms.json');

const platform = `${process.platform}-${process.arch}`;
const binary = `@zappa-rs/${platform}/bin/zappa-rs${process.platform === 'win32' ? '.exe' : ''}`;

let path;
try {
  path = require.resolve(binary);
} catch {
  const known = platform in platforms;
  console.error(known ? `error: the package @zappa-rs/${platform} is not installed` : `error: there is no binary for ${platform}`);
  console.error(known
    ? '\nhint: install without `--omit=optional`, and on the platform where it runs'
    : '\nhint: build it from source with `cargo install zappa-rs-cli`');
  process.exit(1);
}

const child = spawn(path, process.argv.slice(2), { stdio: 'inherit' });
// A terminal sends Ctrl-C to both processes; the binary finishes its work and its exit code decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => { if (signal !== 'SIGINT') child.kill(signal); });
}
child.on('error', (error) => {
  console.error(`error: cannot start ${path}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
