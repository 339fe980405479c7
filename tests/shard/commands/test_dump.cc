// DUMP and RESTORE beyond the script, which has payloads of redis-server in every form: values of
// every type and size there and back, and payloads that were tampered with. Covers
// shard/commands/dump_read.cc, shard/commands/dump_write.cc, shard/commands/collection_builder.cc
// and shard/rdb/byte_writer.cc.
#include <cstring>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "shard/rdb/crc64.h"
#include "shard/rdb/value_type.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// The payload of a key.
std::string dump(CommandFixture& fixture, const std::string& key) {
  const std::string reply = fixture.run_args({"DUMP", key});
  REQUIRE(reply.starts_with("$"));
  const size_t begin = reply.find("\r\n") + 2;
  return reply.substr(begin, reply.size() - begin - 2);
}

// The payload with a footer that fits.
std::string with_footer(std::string body, uint16_t version = kRdbVersionWritten) {
  body.append(reinterpret_cast<const char*>(&version), sizeof(version));
  const uint64_t crc = crc64(0, body);
  body.append(reinterpret_cast<const char*>(&crc), sizeof(crc));
  return body;
}

std::string restore(CommandFixture& fixture, const std::string& payload) {
  return fixture.run_args({"RESTORE", "r", "0", payload, "REPLACE"});
}

// Makes the key "k" of that type with `count` elements of up to `bytes` bytes, some of them
// integers.
void make(CommandFixture& fixture, const std::string& type, size_t count, size_t bytes,
          Prng& prng) {
  fixture.run("DEL k");
  const auto text = [&] {
    if (prng.below(3) == 0) return std::to_string(static_cast<int64_t>(prng.next()));
    std::string made(prng.below(bytes + 1), ' ');
    for (char& byte : made)
      byte = static_cast<char>(prng.below(256));
    return made;
  };
  for (size_t i = 0; i < count; ++i) {
    if (type == "string") fixture.run_args({"SET", "k", text()});
    if (type == "list") fixture.run_args({"RPUSH", "k", text()});
    if (type == "set") fixture.run_args({"SADD", "k", text()});
    if (type == "hash") fixture.run_args({"HSET", "k", text(), text()});
    if (type == "zset") {
      const double score = static_cast<double>(prng.below(1000)) / 8;
      fixture.run_args({"ZADD", "k", std::to_string(score), text()});
    }
  }
}

// All there is to read of a key whose elements have an order.
std::vector<std::string> contents(CommandFixture& fixture, const std::string& key) {
  std::vector<std::string> all = {fixture.run("TYPE " + key), fixture.run("OBJECT ENCODING " + key),
                                  fixture.run("PTTL " + key)};
  const std::string type = all[0].substr(1);
  if (type == "string") all.push_back(fixture.run("GET " + key));
  if (type == "list") all.push_back(fixture.run("LRANGE " + key + " 0 -1"));
  if (type == "zset") all.push_back(fixture.run("ZRANGE " + key + " 0 -1 WITHSCORES"));
  return all;
}

TEST_CASE("dump: every type and size there and back") {
  Prng prng(11);
  for (const std::string type : {"string", "list", "set", "hash", "zset"}) {
    for (const size_t count : {1u, 2u, 100u, 700u}) {
      for (const size_t bytes : {4u, 40u, 300u}) {
        CAPTURE(type);
        CAPTURE(count);
        CAPTURE(bytes);
        CommandFixture fixture;
        make(fixture, type, count, bytes, prng);
        const std::string payload = dump(fixture, "k");
        CHECK_EQ(restore(fixture, payload), "+OK\r\n");
        fixture.verify();
        CHECK(fixture.run("TYPE r") == "+" + type);
        CHECK(fixture.run("OBJECT ENCODING r") == fixture.run("OBJECT ENCODING k"));
        // The elements of tables come in another order, so it is compared on the way back.
        if (type == "set") {
          CHECK_EQ(fixture.run("SCARD r"), fixture.run("SCARD k"));
          CHECK_EQ(fixture.run("SDIFFSTORE d k r"), ":0");
        } else if (type == "hash") {
          CHECK_EQ(fixture.run("HLEN r"), fixture.run("HLEN k"));
          const std::string again = dump(fixture, "r");
          CHECK_EQ(again.size(), payload.size());
        } else {
          CHECK_EQ(contents(fixture, "r"), contents(fixture, "k"));
        }
      }
    }
  }
}

TEST_CASE("dump: a restored collection changes like any other") {
  for (const int count : {3, 1000}) {
    CommandFixture fixture;
    for (int i = 0; i < count; ++i)
      fixture.run("HSET k f" + std::to_string(i) + " v" + std::to_string(i));
    REQUIRE_EQ(restore(fixture, dump(fixture, "k")), "+OK\r\n");
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i);
      CHECK_EQ(fixture.run("HGET r f" + n), "$" + std::to_string(n.size() + 1) + " v" + n);
      CHECK_EQ(fixture.run("HDEL r f" + n), ":1");
    }
    CHECK_EQ(fixture.run("EXISTS r"), ":0");
    fixture.verify();
  }
}

TEST_CASE("dump: fields keep their expiries, packed or not") {
  for (const int count : {3, 1000}) {
    CommandFixture fixture;
    for (int i = 0; i < count; ++i)
      fixture.run("HSET k f" + std::to_string(i) + " v");
    CHECK_EQ(fixture.run("HPEXPIREAT k 1900000005000 FIELDS 1 f1"), "*1 :1");
    CHECK_EQ(fixture.run("HPEXPIREAT k 1900000009000 FIELDS 1 f2"), "*1 :1");
    REQUIRE_EQ(restore(fixture, dump(fixture, "k")), "+OK\r\n");
    CHECK_EQ(fixture.run("OBJECT ENCODING r"), fixture.run("OBJECT ENCODING k"));
    CHECK_EQ(fixture.run("HPEXPIRETIME r FIELDS 4 f0 f1 f2 no"),
             "*4 :-1 :1900000005000 :1900000009000 :-2");
    fixture.advance_ms(6000);
    CHECK_EQ(fixture.run("HMGET r f0 f1 f2"), "*3 $1 v $-1 $1 v");
    fixture.verify();
  }
}

TEST_CASE("dump: fields that do not expire any more") {
  for (const int count : {2, 1000}) {
    CommandFixture fixture;
    for (int i = 0; i < count; ++i)
      fixture.run("HSET k f" + std::to_string(i) + " v");
    const size_t plain = dump(fixture, "k").size();
    for (const char* words : {"HPERSIST k FIELDS 1 f1", "HDEL k f1"}) {
      CHECK_EQ(fixture.run("HPEXPIREAT k 1900000005000 FIELDS 1 f1"), "*1 :1");
      CHECK(dump(fixture, "k").size() > plain);
      fixture.run(words);
      CHECK(dump(fixture, "k").size() <= plain);
      REQUIRE_EQ(restore(fixture, dump(fixture, "k")), "+OK\r\n");
      CHECK_EQ(fixture.run("HLEN r"), fixture.run("HLEN k"));
      CHECK_EQ(fixture.run("HPEXPIRETIME r FIELDS 1 f0"), "*1 :-1");
    }
    fixture.verify();
  }
}

TEST_CASE("dump: a field that expired at the beginning of time") {
  CommandFixture fixture;
  // Two fields, of which the first expires at 0.
  const std::string body("\x18\0\0\0\0\0\0\0\0\2\1\1f\1v\0\1g\1w", 20);
  REQUIRE_EQ(restore(fixture, with_footer(body, kRdbVersionExpiring)), "+OK\r\n");
  CHECK_EQ(fixture.run("HGETALL r"), "*2 $1 g $1 w");
  REQUIRE_EQ(restore(fixture, dump(fixture, "r")), "+OK\r\n");
  CHECK_EQ(fixture.run("HGETALL r"), "*2 $1 g $1 w");
  fixture.verify();
}

TEST_CASE("dump: a listpack of fields, values and times, as Redis 7.4 writes it") {
  const std::string elements(
      "\x81"
      "f\2\x81v\2\xf4\x88\x77\xd3\x60\xba\1\0\0\x09"
      "\x81g\2\x81w\2\0\1",
      24);
  const std::string listpack = std::string("\x1f\0\0\0\6\0", 6) + elements + '\xff';
  REQUIRE_EQ(listpack.size(), 0x1f);
  const std::string body = '\x19' + std::string(8, '\0') + '\x1f' + listpack;
  CommandFixture fixture;
  CHECK_EQ(restore(fixture, with_footer(body, kRdbVersionExpiring)), "+OK\r\n");
  CHECK_EQ(fixture.run("HPEXPIRETIME r FIELDS 2 f g"), "*2 :1900000016264 :-1");
  fixture.verify();
}

TEST_CASE("dump: IDLETIME sets the time of the last use") {
  CommandFixture fixture;
  fixture.run("SET k v");
  const std::string payload = dump(fixture, "k");
  CHECK_EQ(fixture.run_args({"RESTORE", "r", "0", payload, "IDLETIME", "40"}), "+OK\r\n");
  CHECK_EQ(fixture.run("OBJECT IDLETIME r"), ":40");
  CHECK_EQ(fixture.run_args({"RESTORE", "o", "0", payload, "IDLETIME", "1000"}), "+OK\r\n");
  CHECK_EQ(fixture.run("OBJECT IDLETIME o"), ":1000");
}

TEST_CASE("dump: versions up to that of Redis 7.4") {
  CommandFixture fixture;
  const std::string body("\0\1a", 3);
  CHECK_EQ(restore(fixture, with_footer(body, 6)), "+OK\r\n");
  CHECK_EQ(restore(fixture, with_footer(body, 12)), "+OK\r\n");
  CHECK_EQ(restore(fixture, with_footer(body, 13)),
           "-ERR DUMP payload version or checksum are wrong\r\n");
}

TEST_CASE("dump: values that make no sense") {
  using namespace std::string_literals;
  CommandFixture fixture;
  fixture.run("SET r before");
  const std::string twice = "\2\1a\1a";
  for (const std::string& body : {
           ""s,
           "\x09\0"s,  // A type that is not there, such as this one,
           "\x0f\0"s,  // or a stream.
           "\0"s,      // No string.
           "\1\0"s,
           "\2\0"s,
           "\4\0"s,  // Empty collections.
           "\5\0"s,
           "\3\0"s,
           "\x12\0"s,
           "\2"s + twice,
           "\5\2\1a"s + std::string(8, '\0') + "\1a" + std::string(8, '\0'),
           "\4\2\1f\1a\1f\1b"s,  // The same field twice.
           "\4\1\1f"s,           // A field without a value.
           "\1\xbf\xff"s,        // More elements than there are bytes.
           "\1\x81\xff\xff\xff\xff\xff\xff\xff\xff"s,
           "\5\1\1a\0\0\0\0\0\0\xf8\x7f"s,  // A score that is not a number.
           "\x12\1\3\1a"s,                  // A node of no kind.
           "\x10\1x"s,
           "\x0b\1x"s,
           "\x0d\1x"s,
       }) {
    CAPTURE(body);
    CHECK_EQ(restore(fixture, with_footer(body)), "-ERR Bad data format\r\n");
  }
  CHECK_EQ(fixture.run("GET r"), "$6 before");
}

// As Redis 2.4 wrote small hashes; its dumps had no version below 5, which the footer here has.
TEST_CASE("dump: a zipmap becomes a hash") {
  CommandFixture fixture;
  const std::string zipmap(
      "\x02\x02"
      "f1\x02\x00v1\x02"
      "f2\x02\x00v2\xff",
      16);
  CHECK_EQ(restore(fixture, with_footer(std::string("\x09\x10", 2) + zipmap)), "+OK\r\n");
  CHECK_EQ(fixture.run("HGET r f1"), "$2 v1");
  CHECK_EQ(fixture.run("HGET r f2"), "$2 v2");
  CHECK_EQ(fixture.run("HLEN r"), ":2");
  CHECK_EQ(fixture.run("OBJECT ENCODING r"), "$8 listpack");
}

TEST_CASE("dump: tampered payloads do no harm") {
  Prng prng(23);
  size_t taken = 0;
  size_t refused = 0;
  for (const std::string type : {"string", "list", "set", "hash", "zset"}) {
    CommandFixture fixture;
    make(fixture, type, 5, 20, prng);
    std::string body = dump(fixture, "k");
    body.resize(body.size() - 10);
    for (int round = 0; round < 2000; ++round) {
      std::string bytes = body;
      for (uint64_t flips = 1 + prng.below(3); flips > 0; --flips)
        bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
      if (prng.below(4) == 0) bytes.resize(prng.below(bytes.size()));
      const std::string reply = restore(fixture, with_footer(bytes));
      const bool ok = reply == "+OK\r\n";
      CHECK((ok || reply == "-ERR Bad data format\r\n"));
      ++(ok ? taken : refused);
    }
    fixture.verify();
  }
  CHECK(taken > 100);
  CHECK(refused > 100);
}

}  // namespace
}  // namespace rondo
