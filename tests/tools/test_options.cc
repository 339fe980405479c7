#include "tools/cli/options.h"

#include <cstdlib>

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

Options parse(const std::vector<std::string>& arguments) {
  Result<Options> options = parse_options(arguments);
  REQUIRE_MESSAGE(options, arguments.at(0));
  return *options;
}

std::string failure(const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(arguments);
  REQUIRE_FALSE(options);
  return options.failure().text;
}

TEST_CASE("options: nothing given") {
  const Options options = parse_options({}).value();
  CHECK(options.address.text() == "127.0.0.1:6379");
  CHECK(options.mode == Mode::kRepl);
  CHECK(options.repeat == 1);
  CHECK_FALSE(options.format);
  CHECK_FALSE(options.password);
}

TEST_CASE("options: connection, then the command as it stands") {
  const Options options = parse(
      {"-h", "::1", "-p", "7000", "-n", "3", "-a", "pw", "--user", "ann", "-3", "SET", "-p", "1"});
  CHECK(options.address.text() == "[::1]:7000");
  CHECK(options.database == 3);
  CHECK(options.password == "pw");
  CHECK(options.password_on_command_line);
  CHECK(options.user == "ann");
  CHECK(options.resp == 3);
  CHECK(options.mode == Mode::kCommand);
  CHECK(options.command == std::vector<std::string>{"SET", "-p", "1"});
}

TEST_CASE("options: forms of output and modes") {
  CHECK(parse({"--raw"}).format == Format::kRaw);
  CHECK(parse({"--no-raw"}).format == Format::kReadable);
  CHECK(parse({"--csv"}).format == Format::kCsv);
  CHECK(parse({"--json"}).resp == 3);
  CHECK(parse({"-2", "--json"}).resp == 2);
  CHECK(parse({"--quoted-json"}).json_ascii);
  CHECK(parse({"--pipe"}).mode == Mode::kPipe);
  CHECK(parse({"--latency", "-i", "0.5"}).interval_s == 0.5);
  CHECK(parse({"--scan", "--pattern", "a*"}).pattern == "a*");
  CHECK(parse({"-r", "-1", "PING"}).repeat == -1);
  CHECK(parse({"--eval", "a.lua"}).mode == Mode::kCommand);
  CHECK(parse({"--show-pushes", "no"}).show_pushes == false);
}

TEST_CASE("options: mistakes are said") {
  CHECK(failure({"--nonsense"}).find("'--nonsense'") != std::string::npos);
  CHECK(failure({"-p"}).find("'-p'") != std::string::npos);
  CHECK(failure({"-p", "70000"}).find("70000") != std::string::npos);
  CHECK(failure({"-n", "1x"}).find("1x") != std::string::npos);
  CHECK(failure({"-u", "http://a"}).find("redis://") != std::string::npos);
}

TEST_CASE("options: the password of the environment yields to the command line") {
  ::setenv("REDISCLI_AUTH", "one", 1);
  CHECK(parse({"PING"}).password == "one");
  ::setenv("RONDOCLI_AUTH", "two", 1);
  CHECK(parse({"PING"}).password == "two");
  CHECK_FALSE(parse({"PING"}).password_on_command_line);
  CHECK(parse({"-a", "three", "PING"}).password == "three");
  ::unsetenv("REDISCLI_AUTH");
  ::unsetenv("RONDOCLI_AUTH");
}

TEST_CASE("options: URIs") {
  const auto uri = [](const char* text) {
    Options options;
    REQUIRE_MESSAGE(apply_uri(text, options), text);
    return options;
  };
  CHECK(uri("redis://").address.text() == "127.0.0.1:6379");
  CHECK(uri("redis://host").address.text() == "host:6379");
  CHECK(uri("redis://host:7000/2").address.text() == "host:7000");
  CHECK(uri("redis://host:7000/2").database == 2);
  CHECK(uri("redis://[::1]:7000").address.text() == "[::1]:7000");
  CHECK(uri("redis://pw@host").password == "pw");
  CHECK(uri("redis://:pw@host").user.empty());
  const Options full = uri("redis://ann:p%40%3Aw@host:1/4");
  CHECK(full.user == "ann");
  CHECK(full.password == "p@:w");
  CHECK(full.address.text() == "host:1");
  CHECK(full.database == 4);

  Options options;
  CHECK_FALSE(apply_uri("redis://host:port", options));
  CHECK_FALSE(apply_uri("redis://host/db", options));
  CHECK_FALSE(apply_uri("rediss://host", options));
}

}  // namespace
}  // namespace rondo::cli
