// rondo-cli beside redis-cli, both against one redis-server: the same arguments have to print the
// same and to end with the same code. Where Redis is not installed this says so and does nothing.
// Covers tools/cli/main.cc, tools/cli/modes.cc and what tools/cli/session.cc prints.
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/tools/redis_oracle.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

// Both clients against one oracle.
class Comparison {
 public:
  // What `program` prints, standard error included, and its exit code. `arguments` is shell text.
  std::string run(const std::string& program, const std::string& arguments,
                  const std::string& input = "") const {
    const std::string input_path = oracle_.folder() + "/input";
    std::FILE* file = std::fopen(input_path.c_str(), "wb");
    std::fwrite(input.data(), 1, input.size(), file);
    std::fclose(file);
    const std::string line =
        program + " -s " + oracle_.socket() + " " + arguments + " <" + input_path + " 2>&1";
    std::FILE* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
      output += static_cast<char>(c);
    return output + "exit code " + std::to_string(WEXITSTATUS(::pclose(pipe)));
  }

  void compare(const std::string& arguments, const std::string& input = "") const {
    const std::string expected = run("redis-cli", arguments, input);
    const std::string printed = run(RONDO_CLI, arguments, input);
    CHECK_MESSAGE(printed == expected, arguments);
  }

  // The same for --pipe, which prints errors whenever they come: the order of lines may differ.
  void compare_pipe(const std::string& input) const {
    const std::string expected = run("redis-cli", "--pipe", input);
    const std::string printed = run(RONDO_CLI, "--pipe", input);
    CHECK_MESSAGE(sorted_lines(printed) == sorted_lines(expected), printed);
  }

 private:
  static std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  RedisOracle oracle_;
};

bool can_run() {
  if (has_redis()) return true;
  MESSAGE("redis-server and redis-cli are not installed: nothing to compare with");
  return false;
}

const std::vector<std::string> kForms = {"--no-raw", "--raw", "--csv", "--json"};

TEST_CASE("rondo-cli prints every type as redis-cli does") {
  if (!can_run()) return;
  const Comparison both;
  for (const std::string& form : kForms) {
    for (const char* type : {"string", "integer", "double", "null", "array", "set", "map",
                             "verbatim", "true", "false"}) {
      both.compare(form + " -2 debug protocol " + type);
      both.compare(form + " -3 debug protocol " + type);
    }
  }
}

TEST_CASE("rondo-cli prints nested replies as redis-cli does") {
  if (!can_run()) return;
  const Comparison both;
  const std::vector<std::string> scripts = {
      "{}",
      "{1,{2,{},{3,4}},'a\\0b\"\\\\n',redis.status_reply('fine'),false}",
      "{map={a={1,2},b={map={x=1}}}}",
      "{map={}}",
      "{set={}}",
      "{1,{set={a=true}},{double=3.5},true}",
      "{redis.error_reply('BAD thing'),2}",
      "{map={b={map={x=1,y={1,2},z={}}}}}",
      "{map={b={set={x=true,y=true}}}}",
      "{map={b={map={c={map={d=1,e=2}}}}}}",
      "{1,{map={b={5,6},c=1}},{set={x=true,y=true}}}",
      "redis.error_reply('BAD thing')"};
  for (const std::string& form : kForms) {
    for (const std::string& script : scripts) {
      // Single quotes in the script, double ones around it for the shell.
      std::string quoted = "redis.setresp(3); return " + script;
      for (size_t at = 0; (at = quoted.find_first_of("\"\\", at)) != quoted.npos; at += 2) {
        quoted.insert(at, 1, '\\');
      }
      both.compare(form + " -3 eval \"" + quoted + "\" 0");
    }
    both.compare(form + " -3 command docs get set");
    both.compare(form + " command info get set");
    both.compare(form + " memory doctor");
    both.compare(form + " -r 3 echo x");
  }
}

TEST_CASE("rondo-cli reads commands from standard input as redis-cli does") {
  if (!can_run()) return;
  const Comparison both;
  const std::string lines =
      "set a 1\nget a\nmulti\nget a\nexec\nbad cmd\nget \"a\n\n3 ping\nselect 3\nget b\n"
      "config get port\nselect 77\nreset\nget a\n";
  for (const std::string& form : kForms)
    both.compare(form, lines);
}

TEST_CASE("rondo-cli has redis-cli's options and exit codes") {
  if (!can_run()) return;
  const Comparison both;
  both.compare("no such command");
  both.compare("-e no such command");
  both.compare("-x set x", "last\nargument\n");
  both.compare("--no-raw get x");
  both.compare("-X TAG mset y TAG", "tagged");
  both.compare("--no-raw get y");
  both.compare("-n 3 set other 1");
  both.compare("-n 99 ping");
  both.compare("-a wrong ping");
  both.compare("--no-auth-warning -a wrong ping");
  both.compare("--user u --pass p ping");
  both.compare("-d ';' -D '|' mget x y z");
  both.compare("--quoted-input set '\"q\\x01\"' 1");
  both.compare("--quoted-input get '\"q\\x01\"'");
  both.compare("--scan --pattern 'x*'");
  both.compare("--no-raw --scan --pattern 'x*'");
}

TEST_CASE("rondo-cli --latency prints minimum, maximum, average and count") {
  if (!can_run()) return;
  const Comparison both;
  double min_ms = -1;
  double max_ms = -1;
  double average_ms = -1;
  int samples = 0;
  const std::string line = both.run(RONDO_CLI, "--latency -i 0.3");
  REQUIRE(std::sscanf(line.c_str(), "%lf %lf %lf %d\nexit code 0", &min_ms, &max_ms, &average_ms,
                      &samples) == 4);
  CHECK(min_ms >= 0);
  CHECK(min_ms <= average_ms);
  CHECK(average_ms <= max_ms);
  CHECK(samples > 0);
  CHECK(samples <= 30);  // One each 10 ms at most.
  CHECK(both.run(RONDO_CLI, "--csv --latency -i 0.1").find(',') != std::string::npos);
}

TEST_CASE("rondo-cli --pipe counts as redis-cli does") {
  if (!can_run()) return;
  const Comparison both;
  both.compare_pipe("");
  both.compare_pipe("SET p 1\r\nINCR p\r\n*2\r\n$3\r\nGET\r\n$1\r\np\r\n");
  both.compare_pipe("SET p 1\r\nBAD\r\nINCR p\r\n");
  std::string many;
  for (int i = 0; i < 20'000; ++i)
    many += "SET key:" + std::to_string(i) + " value\r\n";
  both.compare_pipe(many);
  both.compare("dbsize");
}

}  // namespace
}  // namespace rondo::cli
