// rondo-cli beside redis-cli, both against one redis-server: the same arguments have to print the
// same and to end with the same code. Where Redis is not installed this says so and does nothing.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/client/client.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

namespace fs = std::filesystem;

bool is_installed(const char* program) {
  return std::system(("command -v " + std::string(program) + " >/dev/null 2>&1").c_str()) == 0;
}

// A redis-server on a unix socket in a folder of its own, so that no port is in the way.
class Oracle {
 public:
  Oracle() {
    char folder[] = "/tmp/rondo-cli-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    folder_ = folder;
    socket_ = folder_ + "/socket";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, STDOUT_FILENO);
      ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_.c_str(),
               "--save", "", "--dir", folder_.c_str(), "--enable-debug-command", "yes",
               static_cast<char*>(nullptr));
      ::_exit(127);
    }
    for (int i = 0; i < 500 && !client::Client::connect({.unix_path = socket_}); ++i) {
      ::usleep(10'000);
    }
  }
  ~Oracle() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    fs::remove_all(folder_);
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // What `program` prints, standard error included, and its exit code. `arguments` is shell text.
  std::string run(const std::string& program, const std::string& arguments,
                  const std::string& input = "") const {
    const std::string input_path = folder_ + "/input";
    std::FILE* file = std::fopen(input_path.c_str(), "wb");
    std::fwrite(input.data(), 1, input.size(), file);
    std::fclose(file);
    const std::string line =
        program + " -s " + socket_ + " " + arguments + " <" + input_path + " 2>&1";
    std::FILE* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
    return output + "exit code " + std::to_string(WEXITSTATUS(::pclose(pipe)));
  }

  void compare(const std::string& arguments, const std::string& input = "") const {
    const std::string expected = run("redis-cli", arguments, input);
    const std::string printed = run(RONDO_CLI, arguments, input);
    CHECK_MESSAGE(printed == expected, arguments);
  }

 private:
  std::string folder_;
  std::string socket_;
  pid_t pid_ = -1;
};

bool can_run() {
  if (is_installed("redis-server") && is_installed("redis-cli")) return true;
  MESSAGE("redis-server and redis-cli are not installed: nothing to compare with");
  return false;
}

const std::vector<std::string> kForms = {"--no-raw", "--raw", "--csv", "--json"};

TEST_CASE("rondo-cli prints every type as redis-cli does") {
  if (!can_run()) return;
  const Oracle oracle;
  for (const std::string& form : kForms) {
    for (const char* type : {"string", "integer", "double", "null", "array", "set", "map",
                             "verbatim", "true", "false"}) {
      oracle.compare(form + " -2 debug protocol " + type);
      oracle.compare(form + " -3 debug protocol " + type);
    }
  }
}

TEST_CASE("rondo-cli prints nested replies as redis-cli does") {
  if (!can_run()) return;
  const Oracle oracle;
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
      oracle.compare(form + " -3 eval \"" + quoted + "\" 0");
    }
    oracle.compare(form + " -3 command docs get set");
    oracle.compare(form + " command info get set");
    oracle.compare(form + " memory doctor");
    oracle.compare(form + " -r 3 echo x");
  }
}

TEST_CASE("rondo-cli reads commands from standard input as redis-cli does") {
  if (!can_run()) return;
  const Oracle oracle;
  const std::string lines =
      "set a 1\nget a\nmulti\nget a\nexec\nbad cmd\nget \"a\n\n3 ping\nselect 3\nget b\n"
      "config get port\nselect 77\nreset\nget a\n";
  for (const std::string& form : kForms) oracle.compare(form, lines);
}

TEST_CASE("rondo-cli has redis-cli's options and exit codes") {
  if (!can_run()) return;
  const Oracle oracle;
  oracle.compare("no such command");
  oracle.compare("-e no such command");
  oracle.compare("-x set x", "last\nargument\n");
  oracle.compare("--no-raw get x");
  oracle.compare("-X TAG mset y TAG", "tagged");
  oracle.compare("--no-raw get y");
  oracle.compare("-n 3 set other 1");
  oracle.compare("-n 99 ping");
  oracle.compare("-a wrong ping");
  oracle.compare("--no-auth-warning -a wrong ping");
  oracle.compare("--user u --pass p ping");
  oracle.compare("-d ';' -D '|' mget x y z");
  oracle.compare("--quoted-input set '\"q\\x01\"' 1");
  oracle.compare("--quoted-input get '\"q\\x01\"'");
  oracle.compare("--scan --pattern 'x*'");
  oracle.compare("--no-raw --scan --pattern 'x*'");
}

TEST_CASE("rondo-cli --pipe counts as redis-cli does") {
  if (!can_run()) return;
  const Oracle oracle;
  oracle.compare("--pipe");
  oracle.compare("--pipe", "SET p 1\r\nINCR p\r\n*2\r\n$3\r\nGET\r\n$1\r\np\r\n");
  oracle.compare("--pipe", "SET p 1\r\nBAD\r\nINCR p\r\n");
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "SET key:" + std::to_string(i) + " value\r\n";
  oracle.compare("--pipe", many);
  oracle.compare("dbsize");
}

}  // namespace
}  // namespace rondo::cli
