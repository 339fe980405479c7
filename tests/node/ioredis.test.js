'use strict';
// What an application does through ioredis, in RESP2: strings, expiry, pipelines, transactions,
// scans, binary values, reconnection.

const { before, after } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const Redis = require('ioredis');
const { test } = require('./limited_test.js');
const { startServer } = require('./server.js');

let server;
let redis;

before(async () => {
  server = await startServer();
  redis = new Redis(server.port, '127.0.0.1');
  redis.on('error', () => {});
});

after(async () => {
  redis.disconnect();
  await server.stop();
});

test('connects, and reads INFO until the server is ready', async () => {
  await redis.ping();
  assert.equal(redis.status, 'ready');
  assert.match(await redis.info('server'), /redis_version:\d+\.\d+\.\d+/);
});

test('sets and gets strings with options', async () => {
  assert.equal(await redis.set('string', 'one'), 'OK');
  assert.equal(await redis.set('string', 'two', 'NX'), null);
  assert.equal(await redis.set('string', 'two', 'XX', 'GET'), 'one');
  assert.equal(await redis.get('string'), 'two');
  assert.equal(await redis.get('nothing here'), null);
  assert.equal(await redis.append('string', '!'), 4);
  assert.equal(await redis.getrange('string', 1, -1), 'wo!');
});

test('keeps every byte of a value', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await redis.set(Buffer.from('bin\r\n\0key'), bytes);
  assert.deepEqual(await redis.getBuffer(Buffer.from('bin\r\n\0key')), bytes);
});

test('carries a value of several megabytes both ways', async () => {
  const large = Buffer.alloc(5_000_000, 'rondo ');
  await redis.set('large', large);
  assert.equal(await redis.strlen('large'), large.length);
  assert.ok((await redis.getBuffer('large')).equals(large));
});

test('counts', async () => {
  assert.equal(await redis.incr('counter'), 1);
  assert.equal(await redis.incrby('counter', 41), 42);
  assert.equal(await redis.decr('counter'), 41);
  assert.equal(await redis.incrbyfloat('counter', 0.5), '41.5');
  await assert.rejects(redis.incr('counter'), /ERR value is not an integer or out of range/);
});

test('lets keys expire', async () => {
  await redis.set('short', 'life', 'PX', 60);
  const left_ms = await redis.pttl('short');
  assert.ok(left_ms > 0 && left_ms <= 60, `PTTL is ${left_ms}`);
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(await redis.get('short'), null);
  assert.equal(await redis.ttl('short'), -2);
});

test('answers a long pipeline in order', async () => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; ++i) pipeline.set(`pipe:${i}`, i).get(`pipe:${i}`);
  const replies = await pipeline.exec();
  assert.equal(replies.length, 2000);
  replies.forEach(([error, value], i) => {
    assert.equal(error, null);
    assert.equal(value, i % 2 === 0 ? 'OK' : String((i - 1) / 2));
  });
});

test('reads and writes many keys at once', async () => {
  const keys = Array.from({ length: 50 }, (_, i) => `many:${i}`);
  await redis.mset(keys.flatMap((key, i) => [key, i]));
  assert.deepEqual(await redis.mget(...keys, 'many:no'), [...keys.map((_, i) => `${i}`), null]);
  assert.equal(await redis.msetnx('many:new', 1, 'many:0', 1), 0);
  assert.equal(await redis.exists(...keys, 'many:new'), 50);
  assert.equal(await redis.del(...keys), 50);
});

test('runs a transaction, and refuses one whose watched key changed', async (t) => {
  const replies = await redis.multi().set('tx:a', 1).incr('tx:a').mget('tx:a', 'tx:b').exec();
  assert.deepEqual(replies, [[null, 'OK'], [null, 2], [null, ['2', null]]]);

  const other = redis.duplicate();
  t.after(() => other.disconnect());
  await redis.watch('tx:a');
  await other.set('tx:a', 'changed');
  assert.equal(await redis.multi().set('tx:a', 'lost').exec(), null);
  assert.equal(await redis.get('tx:a'), 'changed');
});

test('scans every key once the scan is complete', async () => {
  for (let i = 0; i < 500; ++i) await redis.set(`scan:${i}`, i);
  const seen = new Set();
  for await (const keys of redis.scanStream({ match: 'scan:*', count: 50 })) {
    keys.forEach((key) => seen.add(key));
  }
  assert.equal(seen.size, 500);
});

test('selects databases and names its connection', async (t) => {
  const second = new Redis(server.port, '127.0.0.1', { db: 1, connectionName: 'smoke' });
  t.after(() => second.disconnect());
  await second.set('where', 'one');
  assert.equal(await redis.get('where'), null);
  assert.equal(await second.client('GETNAME'), 'smoke');
  assert.match(await redis.client('LIST'), /name=smoke .*db=1 /);
  assert.equal(await second.quit(), 'OK');
});

test('comes back after its connection was killed', async (t) => {
  const victim = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 10 });
  victim.on('error', () => {});
  t.after(() => victim.disconnect());
  const id = await victim.client('ID');
  assert.equal(await redis.client('KILL', 'ID', id), 1);
  assert.equal(await victim.set('after', 'kill'), 'OK');
  assert.notEqual(await victim.client('ID'), id);
});

test('says which command is wrong', async () => {
  await assert.rejects(redis.call('NOSUCHCOMMAND', 'a'), /ERR unknown command 'NOSUCHCOMMAND'/);
  await assert.rejects(redis.call('GET'), /ERR wrong number of arguments for 'get' command/);
});

test('authenticates by password', async (t) => {
  const guarded = await startServer(['--requirepass', 'secret']);
  t.after(() => guarded.stop());
  const stranger = new Redis(guarded.port, '127.0.0.1', { enableReadyCheck: false });
  stranger.on('error', () => {});
  t.after(() => stranger.disconnect());
  await assert.rejects(stranger.get('a'), /NOAUTH Authentication required/);
  const friend = new Redis(guarded.port, '127.0.0.1', { password: 'secret' });
  t.after(() => friend.disconnect());
  assert.equal(await friend.set('a', '1'), 'OK');
});

// Resolves to the first `count` of the events that `listen(receive)` passes on.
function collect(count, listen) {
  return new Promise((resolve) => {
    const events = [];
    listen((...event) => {
      events.push(event);
      if (events.length === count) resolve(events);
    });
  });
}

// A second connection that may subscribe. While ioredis still greets the server it sends SUBSCRIBE
// at once, and its own INFO after that is refused: a subscription has to wait for 'ready'.
async function readyDuplicate() {
  const duplicate = redis.duplicate();
  await once(duplicate, 'ready');
  return duplicate;
}

test('publishes to channels and patterns', async () => {
  const listener = await readyDuplicate();
  try {
    assert.equal(await listener.subscribe('news', 'sport'), 2);
    assert.equal(await listener.psubscribe('n*'), 3);
    const messages = collect(2, (receive) => listener.on('message', receive));
    const matches = collect(1, (receive) => listener.on('pmessage', receive));
    assert.equal(await redis.publish('news', 'one'), 2);
    assert.equal(await redis.publish('sport', 'two'), 1);
    assert.equal(await redis.publish('weather', 'three'), 0);
    assert.deepEqual(await messages, [['news', 'one'], ['sport', 'two']]);
    assert.deepEqual(await matches, [['n*', 'news', 'one']]);
    assert.deepEqual((await redis.pubsub('CHANNELS')).sort(), ['news', 'sport']);
    await assert.rejects(listener.get('key'), /subscriber mode/);
    assert.equal(await listener.unsubscribe('news', 'sport'), 1);
    assert.equal(await listener.punsubscribe('n*'), 0);
    assert.equal(await listener.ping(), 'PONG');
  } finally {
    listener.disconnect();
  }
});

test('hears of keys that expire', async () => {
  const listener = await readyDuplicate();
  try {
    await redis.config('SET', 'notify-keyspace-events', 'Ex');
    await listener.subscribe('__keyevent@0__:expired');
    const expired = collect(1, (receive) => listener.on('message', receive));
    await redis.set('short:lived', 'v', 'PX', 20);
    assert.deepEqual(await expired, [['__keyevent@0__:expired', 'short:lived']]);
  } finally {
    await redis.config('SET', 'notify-keyspace-events', '');
    listener.disconnect();
  }
});
