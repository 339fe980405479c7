'use strict';
// Starts one server for one test file, on a free port of the loopback address. The program is
// named by RONDO_SERVER; a redis-server works as well, which shows that a test asks for no more
// than Redis gives.

const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');

const kReadyMsMax = 10_000;
const kExitMsMax = 10_000;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

// Resolves to { port, stop } when the server accepts connections. `extra` are more options of the
// server, such as ['--requirepass', 'secret'].
async function startServer(extra = []) {
  const program = process.env.RONDO_SERVER;
  if (!program) throw new Error('RONDO_SERVER does not name the server to test');
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  if (path.basename(program) !== 'redis-server') options.push('--threads', '2');

  let log = '';
  const child = spawn(program, [...options, ...extra], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (data) => (log += data));
  child.stderr.on('data', (data) => (log += data));
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: -1, signal: String(error) }));
  });
  let end = null;
  exited.then((how) => (end = how));

  const deadline = Date.now() + kReadyMsMax;
  while (!(await canConnect(port))) {
    if (end || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start (${JSON.stringify(end)}):\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  // Asks the server to leave and says how it did: a crash during a test shows here.
  async function stop() {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), kExitMsMax);
    const how = await exited;
    clearTimeout(timer);
    if (how.code !== 0) throw new Error(`the server ended with ${JSON.stringify(how)}:\n${log}`);
  }

  return { port, stop };
}

module.exports = { startServer };
