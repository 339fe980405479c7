// Where the server listens, what it says when it can not, and the ends of its command line that
// start no server.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

Client connect_to(const client::Address& address) {
  Result<Client> client = Client::connect(address);
  if (!client) FAIL(client.failure().text);
  return std::move(*client);
}

// How many lines of the output are no lines of the log, which begin with the process id.
int64_t plain_lines(const std::string& output) {
  int64_t count = 0;
  bool at_start = true;
  for (const char c : output) {
    if (at_start && c != '\n' && (c < '0' || c > '9')) ++count;
    at_start = c == '\n';
  }
  return count;
}

// A start that has to be refused: exit code 1 and one line with `reason` for the operator.
void expect_refusal(std::vector<std::string> options, const std::string& reason) {
  options.insert(options.begin(), rondo_path());
  const Finished finished = run_program(options);
  CHECK_EQ(finished.code, 1);
  CHECK_MESSAGE(finished.output.find(reason) != std::string::npos, finished.output);
  CHECK_MESSAGE(plain_lines(finished.output) == 1, finished.output);
}

TEST_CASE("IPv4, IPv6 and a unix socket reach the same data") {
  for (const int threads : {1, 2}) {
    const ServerProcess server(threads, {"--bind", "127.0.0.1", "-::1"});
    Client ipv4 = connect_to(server.tcp());
    Client local = connect_to(server.unix_socket());
    CHECK_EQ(run(ipv4, "SET k v"), "+OK");
    CHECK_EQ(run(local, "GET k"), "$1 v");
    const Result<Client> probe =
        Client::connect({.host = "::1", .port = server.port(), .unix_path = ""});
    if (!probe) {
      MESSAGE("no IPv6 here: " << probe.failure().text);
      continue;
    }
    Client ipv6 = connect_to({.host = "::1", .port = server.port(), .unix_path = ""});
    CHECK_EQ(run(ipv6, "GET k"), "$1 v");
    CHECK(run(ipv6, "CLIENT INFO").find("laddr=[::1]:") != std::string::npos);
    CHECK(run(ipv4, "CLIENT INFO").find("addr=127.0.0.1:") != std::string::npos);
    CHECK(run(local, "CLIENT INFO").find("addr=" + server.folder().file("socket:0")) !=
          std::string::npos);
  }
}

TEST_CASE("port 0 with a unix socket listens on that alone") {
  const ServerProcess server(2, {"--port", "0"});
  CHECK_FALSE(static_cast<bool>(Client::connect(server.tcp())));
  Client client = connect_to(server.unix_socket());
  CHECK_EQ(run(client, "PING"), "+PONG");
  CHECK_EQ(info_field(client, "server", "tcp_port"), "0");
}

TEST_CASE("connections of one port reach all cores") {
  const ServerProcess server(2);
  std::vector<Client> clients;
  for (int i = 0; i < 32; ++i)
    clients.push_back(server.connect());
  for (int i = 0; i < 32; ++i) {
    const std::string key = "k" + std::to_string(i);
    CHECK_EQ(run(clients[static_cast<size_t>(i)], "SET " + key + " v"), "+OK");
  }
  CHECK_EQ(run(clients[0], "DBSIZE"), ":32");
  CHECK_EQ(info_field(clients[0], "clients", "connected_clients"), "32");
  // The kernel deals connections out by their hash: 32 of them do not all go to one core.
  for (const char* core : {"core0", "core1"}) {
    const std::string counters = info_field(clients[0], "reactor", core);
    CHECK_MESSAGE(counters.find(",commands=0,") == std::string::npos, counters);
  }
}

TEST_CASE("the unix socket's file goes with the server, and has the wanted mode") {
  ServerProcess server(1, {"--unixsocketperm", "700"});
  const std::string path = server.folder().file("socket");
  const Finished before = run_program({"stat", "-c", "%a", path});
  CHECK_EQ(before.output, "700\n");
  server.stop();
  CHECK_NE(run_program({"stat", path}).code, 0);
}

TEST_CASE("a server killed before leaves no socket file in the way") {
  const Folder folder;
  const std::string path = folder.file("left");
  const std::vector<std::string> options = {"--unixsocket", path};
  {
    const Folder other;
    Program killed({rondo_path(), "--port", "0", "--unixsocket", path, "--dir", other.path()},
                   other.file("log"));
    for (int i = 0; i < 2000 && !Client::connect({.host = "", .port = 0, .unix_path = path}); ++i) {
      REQUIRE(!killed.wait(5).has_value());
    }
    killed.signal(9);
    REQUIRE(killed.wait(10'000) == 128 + 9);
  }
  const ServerProcess server(1, options);
  Client client = connect_to({.host = "", .port = 0, .unix_path = path});
  CHECK_EQ(run(client, "PING"), "+PONG");
}

TEST_CASE("what can not be listened on is one clear line and exit code 1") {
  const ServerProcess server(2);
  const std::string port = std::to_string(server.port());
  const std::string path = server.folder().file("socket");
  expect_refusal({"--port", port, "--bind", "127.0.0.1"},
                 "can not listen on 127.0.0.1:" + port + ": Address already in use");
  expect_refusal({"--port", "0", "--unixsocket", path},
                 "can not listen on " + path + ": Address already in use");
  expect_refusal({"--port", "0", "--unixsocket", "/nowhere/at/all"},
                 "can not listen on /nowhere/at/all: No such file or directory");
  expect_refusal({"--port", "0"}, "nothing to listen on");
  // The one that runs is not disturbed.
  Client client = connect_to(server.unix_socket());
  CHECK_EQ(run(client, "PING"), "+PONG");
}

TEST_CASE("too small a limit of open files is one clear line, a small one means fewer clients") {
  const std::vector<std::string> limited = {"prlimit", "--nofile=60:60"};
  std::vector<std::string> words = limited;
  words.insert(words.end(), {"prlimit", "--nofile=9999:9999", "true"});
  if (run_program(words).code == 0) {
    MESSAGE("programs may exceed their limits here: not run");
    return;
  }
  const Folder folder;
  const std::vector<std::string> server = {rondo_path(),   "--port", "0",
                                           "--unixsocket", "socket", "--dir",
                                           folder.path(),  "--bind", "127.0.0.1"};
  words = limited;
  words.insert(words.end(), server.begin(), server.end());
  words.insert(words.end(), {"--threads", "8"});
  const Finished refused = run_program(words);
  CHECK_EQ(refused.code, 1);
  CHECK_MESSAGE(refused.output.find("rondo: the limit of open files is 60, and 8 threads need ") !=
                    std::string::npos,
                refused.output);
  // All clients that it says it can serve can indeed be connected.
  words[words.size() - 1] = "4";
  Program fits(words, folder.file("log"));
  const client::Address address{.host = "", .port = 0, .unix_path = folder.file("socket")};
  Result<Client> first = Client::connect(address);
  for (int i = 0; i < 2000 && !first; ++i) {
    REQUIRE(!fits.wait(5).has_value());
    first = Client::connect(address);
  }
  REQUIRE(static_cast<bool>(first));
  const std::string maximum = run(*first, "CONFIG GET maxclients");
  const int clients = std::stoi(maximum.substr(maximum.rfind(' ') + 1));
  CHECK_EQ(clients, 60 - 32 - 4 * 4);
  std::vector<Client> others;
  for (int i = 1; i < clients; ++i) {
    others.push_back(connect_to(address));
    CHECK_EQ(run(others.back(), "PING"), "+PONG");
  }
  fits.signal(15);
  CHECK(fits.wait(30'000) == 0);
}

TEST_CASE("a bad configuration names file line, option and reason") {
  const Folder folder;
  const std::string path = folder.file("rondo.conf");
  write_file(path, "# a comment\nport 0\n\nmaxclients many\n");
  const Finished number = run_program({rondo_path(), path});
  CHECK_EQ(number.code, 1);
  CHECK_MESSAGE(number.output.find("at line 4\n>>> 'maxclients many'\n") != std::string::npos,
                number.output);
  write_file(path, "port 0\nno-such-option 1\n");
  const Finished unknown = run_program({rondo_path(), path});
  CHECK_EQ(unknown.code, 1);
  CHECK_MESSAGE(
      unknown.output.find("at line 2\n>>> 'no-such-option 1'\n"
                          "Bad directive or wrong number of arguments\n") != std::string::npos,
      unknown.output);
  const Finished option = run_program({rondo_path(), "--no-such-option", "1"});
  CHECK_EQ(option.code, 1);
  CHECK_MESSAGE(option.output.find(">>> '--no-such-option 1'") != std::string::npos, option.output);
  const Finished missing = run_program({rondo_path(), folder.file("missing.conf")});
  CHECK_EQ(missing.code, 1);
  CHECK_MESSAGE(missing.output.find("missing.conf") != std::string::npos, missing.output);
}

TEST_CASE("options come from a file, from standard input and from the command line") {
  const Folder folder;
  const std::string path = folder.file("rondo.conf");
  write_file(folder.file("more.conf"), "maxclients 77\n");
  write_file(path, "timeout 123\nmaxclients 55\ninclude " + folder.file("more.conf") + "\n");
  const ServerProcess server(1, {"--include", path, "--timeout", "124"});
  Client client = server.connect();
  CHECK_EQ(run(client, "CONFIG GET maxclients"), "*2 $10 maxclients $2 77");
  CHECK_EQ(run(client, "CONFIG GET timeout"), "*2 $7 timeout $3 124");
  const std::string line = "printf 'port 0\\nmaxclients none\\n' | " + rondo_path() + " -";
  const Finished input = run_program({"sh", "-c", line});
  CHECK_EQ(input.code, 1);
  CHECK_MESSAGE(input.output.find("at line 2") != std::string::npos, input.output);
}

TEST_CASE("--version and --help print and end well") {
  const Finished version = run_program({rondo_path(), "--version"});
  CHECK_EQ(version.code, 0);
  CHECK(version.output.starts_with("Rondo server v="));
  CHECK_EQ(std::count(version.output.begin(), version.output.end(), '\n'), 1);
  const Finished help = run_program({rondo_path(), "--help"});
  CHECK_EQ(help.code, 0);
  CHECK(help.output.starts_with("Usage: "));
}

TEST_CASE("the ready line tells port, socket, threads and ring features") {
  const ServerProcess server(2);
  const std::string log = server.log();
  const std::string line = log.substr(log.find("Ready to accept connections"));
  CHECK(line.find("tcp port " + std::to_string(server.port())) != std::string::npos);
  CHECK(line.find("unix socket " + server.folder().file("socket")) != std::string::npos);
  CHECK(line.find("2 threads") != std::string::npos);
  CHECK(line.find("io_uring") != std::string::npos);
}

}  // namespace
}  // namespace rondo
