'use strict';
// node:test's test() with a limit on its time: a reply that never comes fails its own test by name,
// and does not hold up the run.

const { test: unlimited } = require('node:test');

const kTestMsMax = 60_000;

function test(name, body) {
  unlimited(name, { timeout: kTestMsMax }, body);
}

module.exports = { test };
