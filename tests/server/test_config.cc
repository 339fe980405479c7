// Options: their table, the syntax of files and of the command line, and CONFIG REWRITE's text.
// Covers server/config_option.cc, server/config_options.cc, server/config_remembered.cc,
// server/config_checks.cc, server/config_reader.cc, server/config_rewrite.cc and server/text.cc.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "server/config_option.h"
#include "server/config_reader.h"
#include "server/config_rewrite.h"
#include "server/text.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string set(Config& config, std::string_view name, std::vector<std::string> words) {
  const Option* option = find_option(name);
  REQUIRE(option != nullptr);
  return set_option(config, *option, words);
}

std::string get(const Config& config, std::string_view name) {
  const Option* option = find_option(name);
  REQUIRE(option != nullptr);
  return option_value(config, *option);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// A folder of its own for each test, gone at its end.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/rondo-config-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Folder() {
    for (const std::string& file : files_)
      unlink(file.c_str());
    rmdir(path_.c_str());
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string file = path_ + "/" + name;
    std::FILE* out = std::fopen(file.c_str(), "w");
    REQUIRE(out != nullptr);
    std::fputs(text.c_str(), out);
    std::fclose(out);
    files_.push_back(file);
    return file;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

TEST_CASE("every option has a name of its own and takes its own default") {
  std::set<std::string> names;
  for_each_option([&](const Option& option) {
    CAPTURE(option.name);
    CHECK(names.insert(lower(option.name)).second);
    if (!option.alias.empty()) CHECK(names.insert(lower(option.alias)).second);
    CHECK_EQ(find_option(upper(option.name)), &option);
    // What CONFIG GET shows can be set again, and is then the same.
    Config config;
    const std::string before = option_value(config, option);
    const std::string words[] = {before};
    CHECK_EQ(set_option(config, option, words), "");
    CHECK_EQ(option_value(config, option), before);
    CHECK(config.remembered.empty());
  });
  CHECK_EQ(find_option("no-such-option"), nullptr);
  CHECK_EQ(find_option(""), nullptr);
}

TEST_CASE("each kind of option reads and refuses its texts") {
  Config config;
  CHECK_EQ(set(config, "timeout", {"5"}), "");
  CHECK_EQ(config.timeout, 5);
  CHECK(contains(set(config, "timeout", {"x"}), "couldn't be parsed into an integer"));
  CHECK(contains(set(config, "timeout", {"05"}), "couldn't be parsed"));
  CHECK_EQ(set(config, "timeout", {"-1"}), "argument must be between 0 and 2147483647 inclusive");
  CHECK_EQ(set(config, "timeout", {"1", "2"}), "wrong number of arguments");
  CHECK_EQ(config.timeout, 5);

  CHECK_EQ(set(config, "maxmemory", {"2gb"}), "");
  CHECK_EQ(config.maxmemory, 2ll << 30);
  CHECK_EQ(set(config, "maxmemory", {"9999999999gb"}), "argument must be a memory value");
  CHECK_EQ(set(config, "protected-mode", {"NO"}), "");
  CHECK_FALSE(config.protected_mode);
  CHECK_EQ(set(config, "protected-mode", {"maybe"}), "argument must be 'yes' or 'no'");
  CHECK_EQ(set(config, "unixsocketperm", {"700"}), "");
  CHECK_EQ(config.unixsocketperm, 0700);
  CHECK_EQ(get(config, "unixsocketperm"), "700");
  CHECK_EQ(set(config, "unixsocketperm", {"7777"}), "argument must be between 0 and 777 inclusive");
  CHECK_EQ(set(config, "maxmemory-policy", {"AllKeys-LRU"}), "");
  CHECK_EQ(config.maxmemory_policy, MaxmemoryPolicy::kAllkeysLru);
  CHECK_EQ(get(config, "maxmemory-policy"), "allkeys-lru");
  CHECK_EQ(set(config, "bind", {"127.0.0.1 ::1"}), "");
  CHECK_EQ(config.bind, std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK_EQ(set(config, "bind", {"10.0.0.1", "10.0.0.2"}), "");
  CHECK_EQ(get(config, "bind"), "10.0.0.1 10.0.0.2");
  CHECK_EQ(set(config, "shutdown-on-sigterm", {"force nosave"}), "");
  CHECK_EQ(get(config, "shutdown-on-sigterm"), "nosave force");
}

TEST_CASE("output limits change one class and keep the others") {
  Config config;
  CHECK_EQ(set(config, "client-output-buffer-limit", {"pubsub", "1mb", "512kb", "7"}), "");
  const OutputLimit& limit = config.output_limit(ClientClass::kPubsub);
  CHECK_EQ(limit.hard, 1 << 20);
  CHECK_EQ(limit.soft, 512 << 10);
  CHECK_EQ(limit.soft_seconds, 7);
  CHECK_EQ(config.output_limit(ClientClass::kReplica).hard, 256 << 20);
  CHECK_EQ(get(config, "client-output-buffer-limit"),
           "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 524288 7");
}

TEST_CASE("what lists mean by their two options reaches the configuration") {
  Config config;
  CHECK_EQ(get(config, "list-compress-depth"), "0");
  CHECK_EQ(set(config, "list-compress-depth", {"3"}), "");
  CHECK_EQ(config.list_compress_depth, 3);
  CHECK_NE(set(config, "list-compress-depth", {"-1"}), "");
  CHECK_EQ(set(config, "list-max-ziplist-size", {"-5"}), "");
  CHECK_EQ(config.list_max_listpack_size, -5);
}

TEST_CASE("old spellings are the same option") {
  Config config;
  CHECK_EQ(set(config, "hash-max-ziplist-entries", {"7"}), "");
  CHECK_EQ(get(config, "hash-max-listpack-entries"), "7");
  CHECK_EQ(set(config, "zset-max-ziplist-entries", {"9"}), "");
  CHECK_EQ(get(config, "zset-max-listpack-entries"), "9");
  CHECK_EQ(find_option("slave-priority"), find_option("replica-priority"));
}

TEST_CASE("a file: comments, quotes, cases, several words, later lines win") {
  Config config;
  ConfigReader reader(config);
  const auto status = reader.read_text(
      "# a comment\n"
      "\r\n"
      "  PORT 7000\r\n"
      "requirepass \"two words \\x21\"\n"
      "bind 127.0.0.1 -::1\n"
      "logfile ''\n"
      "port 7001\n"
      "save 900 1\n"
      "save 60 100\n"
      "appendonly yes\n"
      "appendfsync everysec\n"
      "maxmemory 1gb");
  REQUIRE(static_cast<bool>(status));
  CHECK_EQ(config.port, 7001);
  CHECK_EQ(config.requirepass, "two words !");
  CHECK_EQ(config.bind, std::vector<std::string>{"127.0.0.1", "-::1"});
  CHECK_EQ(get(config, "save"), "900 1 60 100");
  CHECK_EQ(get(config, "appendonly"), "yes");
  // One line of warning for each option without an effect, unless it repeats the default.
  CHECK_EQ(reader.warnings(),
           std::vector<std::string>{"The option 'save' has no effect in this server",
                                    "The option 'appendonly' has no effect in this server",
                                    "The option 'maxmemory' has no effect in this server"});
}

std::string failure_of(std::string_view text) {
  Config config;
  ConfigReader reader(config);
  const auto status = reader.read_text(text);
  REQUIRE_FALSE(static_cast<bool>(status));
  return status.failure().text;
}

TEST_CASE("a mistake in a file names its line and its option") {
  const std::string unknown = failure_of("port 7000\n\nfoo bar\n");
  CHECK(contains(unknown, "*** FATAL CONFIG FILE ERROR"));
  CHECK(contains(unknown,
                 "Reading the configuration file, at line 3\n>>> 'foo bar'\n"
                 "Bad directive or wrong number of arguments"));
  CHECK(contains(failure_of("port x\n"), "argument couldn't be parsed into an integer"));
  CHECK(contains(failure_of("port\n"), "Bad directive"));
  CHECK(contains(failure_of("port 1 2\n"), "Bad directive"));
  CHECK(contains(failure_of("port \"1\n"), "Unbalanced quotes in configuration line"));
  CHECK(contains(failure_of("include /nonexistent/file\n"), "can't open"));
  // To ignore these would leave a server more open than its file says.
  CHECK(contains(failure_of("rename-command FLUSHALL \"\"\n"), "can't be ignored safely"));
  CHECK(contains(failure_of("user default off\n"), "can't be ignored safely"));
  CHECK(contains(failure_of("aclfile /etc/users.acl\n"), "can't be ignored safely"));
  // Nor is a secret shown.
  const std::string secret = failure_of("requirepass hunter2 hunter3\n");
  CHECK_FALSE(contains(secret, "hunter"));
  CHECK(contains(secret, "requirepass"));
}

TEST_CASE("include reads files in place, patterns too, and ends circles") {
  Folder folder;
  const std::string one = folder.write("a-1.conf", "port 7001\ntimeout 1\n");
  folder.write("a-2.conf", "timeout 2\n");
  Config config;
  ConfigReader reader(config);
  CHECK(static_cast<bool>(reader.read_text("include " + folder.path() + "/a-*.conf\nport 7002\n")));
  CHECK_EQ(config.timeout, 2);
  CHECK_EQ(config.port, 7002);
  CHECK(static_cast<bool>(reader.read_text("include " + folder.path() + "/none-*.conf\n")));

  const std::string bad = folder.write("bad.conf", "\nport nine\n");
  const auto status = reader.read_text("include " + bad + "\n");
  REQUIRE_FALSE(static_cast<bool>(status));
  CHECK(contains(status.failure().text, "at line 2 of " + bad));

  const std::string circle =
      folder.write("circle.conf", "include " + folder.path() + "/circle.conf\n");
  const auto endless = reader.read_file(circle);
  REQUIRE_FALSE(static_cast<bool>(endless));
  CHECK(contains(endless.failure().text, "Too many nested includes"));
}

TEST_CASE("the command line: a file first, then options over it") {
  Folder folder;
  const std::string file = folder.write("rondo.conf", "port 7000\ntimeout 9\n");
  const std::vector<std::string> arguments = {
      file,     "--port",    "7005", "--threads",     "4",      "--save", "",
      "--bind", "127.0.0.1", "::1",  "--requirepass", "-secret"};
  auto request = read_command_line(arguments);
  REQUIRE(static_cast<bool>(request));
  const Config& config = request->config;
  CHECK_EQ(config.port, 7005);
  CHECK_EQ(config.timeout, 9);
  CHECK_EQ(config.threads, 4);
  CHECK_EQ(config.bind.size(), 2);
  CHECK_EQ(config.requirepass, "-secret");
  CHECK_EQ(get(config, "save"), "");
  CHECK_EQ(config.config_file, file);
  CHECK_EQ(request->warnings.size(), 1);

  const auto fails = [](std::vector<std::string> words) {
    auto result = read_command_line(words);
    REQUIRE_FALSE(static_cast<bool>(result));
    return result.failure().text;
  };
  CHECK(contains(fails({"--prot", "7000"}), ">>> '--prot 7000'"));
  CHECK(contains(fails({"/nonexistent/rondo.conf"}), "/nonexistent/rondo.conf"));
  CHECK(contains(fails({"-x"}), "Bad directive"));
  CHECK(contains(fails({"--port"}), "Bad directive"));
  using Kind = StartRequest::Kind;
  CHECK_EQ(read_command_line(std::vector<std::string>{"--version"})->kind, Kind::kVersion);
  CHECK_EQ(read_command_line(std::vector<std::string>{"-h"})->kind, Kind::kHelp);
  CHECK_EQ(read_command_line({})->kind, Kind::kRun);
}

TEST_CASE("a rewritten file keeps comments, order and what it does not know") {
  Config config;
  config.port = 7001;
  config.timeout = 30;
  config.requirepass = "a \"b\"";
  config.maxmemory = 100 << 20;
  const std::string old_text =
      "# my server\n"
      "port 7000\n"
      "\n"
      "include other.conf\n"
      "# no limit\n"
      "maxmemory 0\n"
      "port 7002\n";
  const std::string text = rewritten_config(config, old_text);
  CHECK_EQ(text,
           "# my server\n"
           "port 7001\n"
           "\n"
           "include other.conf\n"
           "# no limit\n"
           "maxmemory 100mb\n"
           "# Generated by CONFIG REWRITE\n"
           "requirepass \"a \\\"b\\\"\"\n"
           "timeout 30\n");
  // A second time nothing changes, and the text reads back as the same options.
  CHECK_EQ(rewritten_config(config, text), text);
  Config again;
  ConfigReader reader(again);
  REQUIRE(static_cast<bool>(reader.read_text(rewritten_config(config, ""))));
  for_each_option([&](const Option& option) {
    CAPTURE(option.name);
    CHECK_EQ(option_value(again, option), option_value(config, option));
  });
}

TEST_CASE("the file is replaced with its mode, or left alone") {
  Folder folder;
  Config config;
  config.config_file = folder.write("rondo.conf", "port 7000\n");
  REQUIRE_EQ(chmod(config.config_file.c_str(), 0600), 0);
  config.port = 7003;
  REQUIRE(static_cast<bool>(rewrite_config_file(config)));
  CHECK_EQ(*read_whole_file(config.config_file), "port 7003\n");
  struct stat info = {};
  REQUIRE_EQ(stat(config.config_file.c_str(), &info), 0);
  CHECK_EQ(info.st_mode & 0777, 0600);

  config.config_file = folder.path() + "/missing/rondo.conf";
  const auto status = rewrite_config_file(config);
  REQUIRE_FALSE(static_cast<bool>(status));
  CHECK_EQ(status.failure().code, ENOENT);
}

TEST_CASE("bytes as text") {
  CHECK_EQ(parse_bytes("0"), 0);
  CHECK_EQ(parse_bytes("10B"), 10);
  CHECK_EQ(parse_bytes("1k"), 1000);
  CHECK_EQ(parse_bytes("1Kb"), 1024);
  CHECK_EQ(parse_bytes("3mb"), 3 << 20);
  CHECK_FALSE(parse_bytes("").has_value());
  CHECK_FALSE(parse_bytes("-1").has_value());
  CHECK_FALSE(parse_bytes("mb").has_value());
  CHECK_FALSE(parse_bytes("1 mb").has_value());
  for (const int64_t bytes : {0ll, 1ll, 1000ll, 1024ll, 5ll << 20, 7ll << 30, (1ll << 30) + 1}) {
    CHECK_EQ(parse_bytes(format_bytes(bytes)), bytes);
  }
  CHECK_EQ(human_bytes(1023), "1023B");
  CHECK_EQ(human_bytes(1536), "1.50K");
  CHECK_EQ(human_bytes(1ull << 30), "1.00G");
  CHECK_EQ(database_after_select("15", 16, 3), 15);
  for (const char* none : {"16", "-1", "x", ""})
    CHECK_EQ(database_after_select(none, 16, 3), 3);
}

}  // namespace
}  // namespace rondo
