// The command table: its rows are sound, every row is what redis-server says of the command, and
// every command is executed by some test.
#include "server/command_table.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "protocol/resp_reader.h"
#include "tests/server/local_server.h"
#include "tests/tools/redis_oracle.h"

#include <doctest/doctest.h>

namespace rondo {
namespace {

namespace fs = std::filesystem;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

TEST_CASE("command table: rows are numbered densely and found by their names") {
  const CommandTable& table = CommandTable::instance();
  std::set<std::string_view> names;
  for (size_t id = 0; id < table.size(); ++id) {
    const Command& row = table.row(static_cast<uint16_t>(id));
    CHECK(table.id(row) == id);
    CHECK_MESSAGE(names.insert(row.name).second, row.name << " is there twice");
  }
  for (const Command* row : table.commands()) {
    CHECK(table.find(row->name) == row);
    CHECK(table.find(upper(row->name)) == row);
    CHECK(table.find(std::string(row->name) + "x") != row);
  }
  CHECK(table.find("") == nullptr);
  CHECK(table.find("nosuchcommand") == nullptr);
}

TEST_CASE("command table: each row has what its route needs") {
  const CommandTable& table = CommandTable::instance();
  for (size_t id = 0; id < table.size(); ++id) {
    const Command& row = table.row(static_cast<uint16_t>(id));
    INFO(row.name);
    CHECK(row.arity != 0);
    CHECK(std::none_of(row.name.begin(), row.name.end(), [](unsigned char c) {
      return std::isupper(c) != 0 || std::isspace(c) != 0;
    }));
    CHECK_FALSE(row.group.empty());
    CHECK_FALSE(row.since.empty());
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(((row.flags & kWrite) != 0 && (row.flags & kReadonly) != 0));
    const bool has_keys = row.keys.first != 0;
    CHECK(has_keys == (row.keys.step != 0));
    CHECK((has_keys || row.find_keys) == (*row.key_use.flags != '\0'));
    if (!row.subcommands.empty() && row.run == nullptr && row.serve == nullptr) continue;
    if (row.route == Route::kConnection) {
      CHECK((row.serve != nullptr));
    } else if (row.route == Route::kScript) {
      CHECK((row.run == nullptr && row.serve == nullptr));
    } else {
      CHECK((row.run != nullptr));
    }
    CHECK((row.route == Route::kSplit) == (row.merge != Merge::kNone));
    if (row.route == Route::kSplit) CHECK((has_keys || row.find_keys != nullptr));
  }
}

// --- Against redis-server ------------------------------------------------------------------------

RespValue parse(const std::string& bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  return value;
}

std::set<std::string> words_of(const RespValue& list) {
  std::set<std::string> words;
  for (const RespValue& word : list.elements)
    words.insert(word.text);
  return words;
}

std::string join(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += word + ' ';
  return text;
}

// One element of COMMAND INFO, without the parts that newer versions of Redis word differently.
void compare_rows(const RespValue& ours, const RespValue& redis) {
  REQUIRE(ours.elements.size() >= 7);
  INFO(ours.elements[0].text);
  CHECK(ours.elements[0].text == redis.elements[0].text);
  // These have an option since 7.2.
  const std::string& name = ours.elements[0].text;
  const bool has_option = name == "zrank" || name == "zrevrank";
  if (!has_option) CHECK(ours.elements[1].integer == redis.elements[1].integer);
  const std::set<std::string> flags = words_of(ours.elements[2]);
  // Since 7.2 scripts may call the commands that wait for keys.
  std::set<std::string> their_flags = words_of(redis.elements[2]);
  if (their_flags.contains("blocking") && !flags.contains("noscript")) {
    their_flags.erase("noscript");
  }
  CHECK(join(flags) == join(their_flags));
  CHECK(ours.elements[3].integer == redis.elements[3].integer);
  CHECK(ours.elements[4].integer == redis.elements[4].integer);
  CHECK(ours.elements[5].integer == redis.elements[5].integer);
  CHECK(join(words_of(ours.elements[6])) == join(words_of(redis.elements[6])));
}

TEST_CASE("command table: in RESP3 subcommands are an array, and other lists are sets") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  client.run("HELLO 3");
  RespReader reader;
  reader.feed(client.run_args({"COMMAND", "INFO", "object"}));
  RespValue reply;
  REQUIRE(reader.next(reply) == RespReader::Status::kValue);
  REQUIRE_EQ(reply.elements.size(), 1);
  const std::vector<RespValue>& parts = reply.elements[0].elements;
  REQUIRE_EQ(parts.size(), 10);
  for (const size_t at : {2, 6, 7, 8})
    CHECK(parts[at].type == RespValue::Type::kSet);
  CHECK(parts[9].type == RespValue::Type::kArray);
}

TEST_CASE("command table: COMMAND INFO is that of redis-server") {
  if (!has_redis()) {
    MESSAGE("redis-server is not installed: nothing to compare with");
    return;
  }
  const RedisOracle redis;
  Result<client::Client> client = client::Client::connect({.unix_path = redis.socket()});
  REQUIRE(client);
  LocalServer server(1);
  LocalClient& local = server.connect();
  for (const Command* row : CommandTable::instance().commands()) {
    const std::string name(row->name);
    const Result<RespValue> theirs = client->command({"COMMAND", "INFO", name});
    REQUIRE(theirs);
    const RespValue& info = theirs.value().elements.at(0);
    if (info.is_null()) continue;  // Newer than this redis-server.
    const RespValue ours = parse(local.run_args({"COMMAND", "INFO", name}));
    compare_rows(ours.elements.at(0), info);
  }
}

TEST_CASE("command table: HELP of every container") {
  Config config;
  config.enable_debug_command = GuardedCommands::kYes;
  LocalServer server(1, config);
  LocalClient& client = server.connect();
  for (const char* command :
       {"SCRIPT HELP", "CLIENT HELP", "COMMAND HELP", "CONFIG HELP", "DEBUG HELP", "LATENCY HELP",
        "MEMORY HELP", "OBJECT HELP", "PUBSUB HELP", "SLOWLOG HELP"}) {
    INFO(command);
    const std::string words(command);
    const std::string container = words.substr(0, words.find(' '));
    const RespValue help = parse(client.run_args({container, "HELP"}));
    REQUIRE(help.elements.size() >= 5);
    CHECK(help.elements.front().text.starts_with(container + " <subcommand>"));
    CHECK(help.elements[help.elements.size() - 2].text == "HELP");
    // Every subcommand has its words there.
    for (const Command& row : CommandTable::instance().find(container)->subcommands) {
      const std::string name = upper(row.name.substr(row.name.find('|') + 1));
      CHECK_MESSAGE(std::any_of(help.elements.begin(), help.elements.end(),
                                [&](const RespValue& line) { return line.text.starts_with(name); }),
                    name);
    }
  }
  CHECK(client.run("DEBUG LOG text") == "+OK");
}

// --- Coverage ------------------------------------------------------------------------------------

// All tests as one upper-case text: as they are, and once more with the words of lists one space
// apart, so that {"CLIENT", "LIST"} looks like "CLIENT LIST".
std::string text_of_tests() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(RONDO_TESTS)) {
    const std::string path = entry.path().string();
    const bool is_test = path.ends_with(".cc") || path.ends_with(".txt") || path.ends_with(".js");
    if (!is_test || path.find("node_modules") != path.npos || path.find("/tidy/") != path.npos) {
      continue;
    }
    std::ifstream in(path);
    text += '\n';
    text.append(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  text = upper(text);
  std::string plain = text + '\n';
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = std::string_view(text).substr(at);
    if (rest.starts_with("\", \"") || rest.starts_with("', '")) {
      plain += ' ';
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

// True when the command stands where one begins: after a quote, at the start of a line, or behind
// the name of a client in a conversation ("a: GET k").
bool is_executed(const std::string& tests, const std::string& command) {
  for (size_t at = tests.find(command); at != tests.npos; at = tests.find(command, at + 1)) {
    const char before = at == 0 ? '\n' : tests[at - 1];
    const bool starts = before == '"' || before == '\'' || before == '\n' ||
                        (at >= 3 && tests.compare(at - 2, 2, ": ") == 0);
    const size_t end = at + command.size();
    const char after = end < tests.size() ? tests[end] : '\n';
    if (starts && std::isalnum(static_cast<unsigned char>(after)) == 0 && after != '_') return true;
  }
  return false;
}

TEST_CASE("command table: every command is executed by some test") {
  const std::string tests = text_of_tests();
  CHECK(is_executed("\"GET K\"", "GET"));
  CHECK(is_executed("\nA: CLIENT LIST\n", "CLIENT LIST"));
  CHECK_FALSE(is_executed("\"GETRANGE K\" WE GET K", "GET"));
  const CommandTable& table = CommandTable::instance();
  for (size_t id = 0; id < table.size(); ++id) {
    std::string name = upper(table.row(static_cast<uint16_t>(id)).name);
    std::replace(name.begin(), name.end(), '|', ' ');
    CHECK_MESSAGE(is_executed(tests, name), "no test executes " << name);
  }
}

}  // namespace
}  // namespace rondo
