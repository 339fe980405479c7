'use strict';
// What an application does through node-redis, once in RESP2 and once in RESP3.

const { before, after } = require('node:test');
const assert = require('node:assert/strict');
const { createClient, WatchError } = require('redis');
const { test } = require('./limited_test.js');
const { startServer } = require('./server.js');

let server;

before(async () => {
  server = await startServer();
});

after(async () => {
  await server.stop();
});

async function connect(resp) {
  const client = createClient({ RESP: resp, socket: { host: '127.0.0.1', port: server.port } });
  client.on('error', () => {});
  await client.connect();
  await client.flushAll();
  return client;
}

// A test case that runs once for each protocol with a client of its own.
function testBoth(name, body) {
  for (const resp of [2, 3]) {
    test(`RESP${resp}: ${name}`, async () => {
      const client = await connect(resp);
      try {
        await body(client, resp);
      } finally {
        client.destroy();
      }
    });
  }
}

testBoth('says HELLO', async (client, resp) => {
  const hello = await client.sendCommand(['HELLO', String(resp)]);
  const fields = Array.isArray(hello)
    ? Object.fromEntries(Array.from({ length: hello.length / 2 },
        (_, i) => [hello[2 * i], hello[2 * i + 1]]))
    : hello;
  assert.equal(fields.proto, resp);
  assert.equal(fields.role, 'master');
});

testBoth('sets and gets strings', async (client) => {
  assert.equal(await client.set('key', 'value', { EX: 100 }), 'OK');
  assert.equal(await client.get('key'), 'value');
  assert.equal(await client.get('nothing'), null);
  assert.equal(await client.ttl('key'), 100);
  assert.equal(await client.getDel('key'), 'value');
  assert.equal(await client.exists('key'), 0);
});

testBoth('pipelines what is sent in one turn of the loop', async (client) => {
  const writes = Array.from({ length: 300 }, (_, i) => client.set(`k${i}`, `v${i}`));
  assert.ok((await Promise.all(writes)).every((reply) => reply === 'OK'));
  const reads = await Promise.all(Array.from({ length: 300 }, (_, i) => client.get(`k${i}`)));
  reads.forEach((value, i) => assert.equal(value, `v${i}`));
});

testBoth('handles many keys and transactions', async (client) => {
  await client.mSet({ a: '1', b: '2', c: '3' });
  assert.deepEqual(await client.mGet(['a', 'b', 'c', 'd']), ['1', '2', '3', null]);
  assert.deepEqual(await client.multi().incr('a').get('a').del(['b', 'c']).exec(), [2, '2', 2]);
  assert.deepEqual(await client.keys('*'), ['a']);
});

testBoth('fails a transaction whose watched key changed', async (client, resp) => {
  const other = await connect(resp);
  await client.watch('w');
  await other.set('w', 'changed');
  other.destroy();
  await assert.rejects(client.multi().set('w', 'lost').exec(), WatchError);
  assert.equal(await client.get('w'), 'changed');
});

testBoth('scans', async (client) => {
  const expected = new Set(Array.from({ length: 200 }, (_, i) => `scan:${i}`));
  await Promise.all([...expected].map((key) => client.set(key, 'x')));
  const seen = new Set();
  for await (const keys of client.scanIterator({ COUNT: 20 })) {
    [keys].flat().forEach((key) => seen.add(key));
  }
  assert.deepEqual([...seen].sort(), [...expected].sort());
});

testBoth('reads the configuration as a map', async (client) => {
  const config = await client.configGet('maxclients');
  assert.deepEqual(Object.keys(config), ['maxclients']);
  assert.ok(Number(config.maxclients) > 0);
});

testBoth('reads the command table', async (client) => {
  const [get] = await client.commandInfo(['get']);
  assert.equal(get.name, 'get');
  assert.equal(get.arity, 2);
  assert.equal(get.firstKeyIndex, 1);
  assert.ok([...get.flags].includes('readonly'));
});

testBoth('gets errors as errors', async (client) => {
  await client.set('text', 'abc');
  await assert.rejects(client.incr('text'), /ERR value is not an integer or out of range/);
  await assert.rejects(client.sendCommand(['SET', 'a']), /wrong number of arguments for 'set'/);
});

testBoth('publishes to channels, patterns and shard channels', async (client, resp) => {
  const listener = await connect(resp);
  try {
    const received = [];
    const receive = (message, channel) => received.push(`${channel}=${message}`);
    await listener.subscribe(['news', 'sport'], receive);
    await listener.pSubscribe('n*', receive);
    await listener.sSubscribe('shard', receive);
    assert.equal(await client.publish('news', 'one'), 2);
    assert.equal(await client.publish('sport', 'two'), 1);
    assert.equal(await client.sPublish('shard', 'three'), 1);
    assert.equal(await client.publish('weather', 'four'), 0);
    assert.deepEqual({ ...await client.pubSubNumSub(['news', 'none']) }, { news: 1, none: 0 });
    assert.equal(await client.pubSubNumPat(), 1);
    while (received.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(received, ['news=one', 'news=one', 'sport=two', 'shard=three']);
    await listener.unsubscribe(['news', 'sport']);
    await listener.pUnsubscribe('n*');
    await listener.sUnsubscribe('shard');
    assert.equal(await client.publish('news', 'five'), 0);
    // This client gives bytes for a while after a subscription in RESP2.
    assert.equal(String(await listener.ping()), 'PONG');
  } finally {
    listener.destroy();
  }
});
