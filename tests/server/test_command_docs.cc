// COMMAND DOCS: the form of its replies, and the arguments of every command against the facts in
// command_arguments.txt, which command_arguments.py printed from Redis.
#include "server/commands/command_docs.h"

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "server/command_table.h"
#include "server/commands/command_syntax.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// What Redis has no words about: there DEBUG is one command without subcommands.
bool is_our_own(std::string_view name) {
  return name.starts_with("debug|");
}

// The lines below each command, one string for each.
std::map<std::string, std::string> read_facts() {
  std::ifstream in(std::string(RONDO_TESTS) + "/server/command_arguments.txt");
  REQUIRE(in.is_open());
  std::map<std::string, std::string> facts;
  std::string* arguments = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    if (line.starts_with(' ')) {
      REQUIRE((arguments != nullptr));
      *arguments += line + "\n";
    } else {
      arguments = &facts[line];
    }
  }
  return facts;
}

const RespValue* find_field(const RespValue& map, std::string_view name) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == name) return &map.elements[i + 1];
  }
  return nullptr;
}

std::string text_of(const RespValue& value) {
  return value.type == RespValue::Type::kInteger ? std::to_string(value.integer) : value.text;
}

// A reply's arguments as lines of command_arguments.txt. A field that no line can show fails.
void print_arguments(const RespValue& arguments, size_t indent, std::string& lines) {
  CHECK((arguments.type == RespValue::Type::kArray));
  for (const RespValue& argument : arguments.elements) {
    const std::string name = find_field(argument, "name")->text;
    const RespValue* flags = nullptr;
    const RespValue* nested = nullptr;
    std::string line = std::string(indent, ' ') + name + " " + find_field(argument, "type")->text;
    for (size_t i = 4; i < argument.elements.size(); i += 2) {
      const std::string& field = argument.elements[i].text;
      const RespValue& value = argument.elements[i + 1];
      if (field == "display_text") {
        if (value.text != name) line += " display=" + value.text;
      } else if (field == "key_spec_index") {
        line += " key_spec=" + text_of(value);
      } else if (field == "deprecated_since") {
        line += " deprecated=" + value.text;
      } else if (field == "flags") {
        flags = &value;
      } else if (field == "arguments") {
        nested = &value;
      } else {
        CHECK_MESSAGE((field == "token" || field == "since"), field);
        line += " " + field + "=" + value.text;
      }
    }
    std::set<std::string> words;
    for (size_t i = 0; flags != nullptr && i < flags->elements.size(); ++i)
      words.insert(flags->elements[i].text);
    for (const std::string& word : words)
      line += " " + word;
    lines += line + "\n";
    if (nested != nullptr) print_arguments(*nested, indent + 2, lines);
  }
}

// The arguments of all commands of a COMMAND DOCS reply, or of its subcommands.
void collect(const RespValue& commands, std::map<std::string, std::string>& all) {
  for (size_t i = 0; i + 1 < commands.elements.size(); i += 2) {
    std::string& lines = all[commands.elements[i].text];
    const RespValue& docs = commands.elements[i + 1];
    if (const RespValue* arguments = find_field(docs, "arguments")) {
      print_arguments(*arguments, 2, lines);
      CHECK_FALSE(arguments->elements.empty());
    }
    if (const RespValue* subcommands = find_field(docs, "subcommands")) collect(*subcommands, all);
  }
}

RespValue command_docs(LocalClient& client, const std::vector<std::string>& names) {
  std::vector<std::string> args{"COMMAND", "DOCS"};
  args.insert(args.end(), names.begin(), names.end());
  RespReader reader;
  reader.feed(client.run_args(args));
  RespValue reply;
  REQUIRE((reader.next(reply) == RespReader::Status::kValue));
  CHECK_EQ(reader.pending_bytes(), 0);
  return reply;
}

TEST_CASE("COMMAND DOCS: the arguments of every command are those of Redis") {
  const std::map<std::string, std::string> facts = read_facts();
  for (const char* version : {"2", "3"}) {
    CAPTURE(version);
    LocalServer server(1);
    LocalClient& client = server.connect();
    client.run(std::string("HELLO ") + version);
    std::map<std::string, std::string> ours;
    collect(command_docs(client, {}), ours);
    CHECK_EQ(ours.size(), CommandTable::instance().size());
    for (const auto& command : ours) {
      const std::string& name = command.first;
      if (is_our_own(name)) continue;
      CAPTURE(name);
      const auto fact = facts.find(name);
      REQUIRE((fact != facts.end()));
      CHECK_EQ(command.second, fact->second);
    }
  }
}

TEST_CASE("COMMAND DOCS: rows agree with themselves") {
  const CommandTable& table = CommandTable::instance();
  for (size_t id = 0; id < table.size(); ++id) {
    const Command& row = table.row(static_cast<uint16_t>(id));
    INFO(row.name);
    const auto arguments = parse_command_syntax(row.syntax);
    REQUIRE(arguments.has_value());
    // Names of the row and its container; optional arguments add to the least number.
    int least = row.name.find('|') == row.name.npos ? 1 : 2;
    bool is_exact = true;
    for (const SyntaxArgument& argument : *arguments) {
      least += argument.optional ? 0 : 1;
      const bool is_one = argument.type < SyntaxArgument::Type::kOneof && !argument.multiple &&
                          (!argument.token || argument.type == SyntaxArgument::Type::kPureToken);
      is_exact = is_exact && is_one && !argument.optional;
    }
    if (is_exact && row.arity > 0) CHECK_EQ(row.arity, least);
    CHECK_LE(least, std::abs(row.arity));
    CHECK((row.deprecated_since.empty() == row.replaced_by.empty()));
  }
}

TEST_CASE("COMMAND DOCS: in RESP3 maps and sets") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  client.run("HELLO 3");
  const RespValue reply = command_docs(client, {"getex", "nosuchcommand"});
  CHECK((reply.type == RespValue::Type::kMap));
  REQUIRE_EQ(reply.elements.size(), 2);
  CHECK_EQ(reply.elements[0].text, "getex");
  const RespValue& docs = reply.elements[1];
  CHECK((docs.type == RespValue::Type::kMap));
  const RespValue* arguments = find_field(docs, "arguments");
  REQUIRE((arguments != nullptr));
  CHECK((arguments->type == RespValue::Type::kArray));
  REQUIRE_EQ(arguments->elements.size(), 2);
  const RespValue& expiration = arguments->elements[1];
  CHECK((expiration.type == RespValue::Type::kMap));
  CHECK((find_field(expiration, "display_text") == nullptr));
  const RespValue* flags = find_field(expiration, "flags");
  REQUIRE((flags != nullptr));
  CHECK((flags->type == RespValue::Type::kSet));
  CHECK((flags->elements.at(0).type == RespValue::Type::kSimple));
  const RespValue* choices = find_field(expiration, "arguments");
  REQUIRE((choices != nullptr));
  CHECK((choices->type == RespValue::Type::kArray));
  REQUIRE_EQ(choices->elements.size(), 5);
  CHECK_EQ(find_field(choices->elements[0], "token")->text, "EX");
}

TEST_CASE("COMMAND DOCS: in RESP2 flat arrays, in Redis's order") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  const Command& row = *CommandTable::instance().find("rpoplpush");
  CHECK_EQ(client.run("COMMAND DOCS rpoplpush"),
           "*2 $9 rpoplpush *16 $7 summary $" + std::to_string(row.summary.size()) + " " +
               std::string(row.summary) +
               " $5 since $5 1.2.0 $5 group $4 list $10 complexity $4 O(1) "
               "$9 doc_flags *1 +deprecated $16 deprecated_since $5 6.2.0 "
               "$11 replaced_by $31 `LMOVE` with `RIGHT` and `LEFT` "
               "$9 arguments *2 "
               "*8 $4 name $6 source $4 type $3 key $12 display_text $6 source "
               "$14 key_spec_index :0 "
               "*8 $4 name $11 destination $4 type $3 key $12 display_text $11 destination "
               "$14 key_spec_index :1");
  // A choice has no text to display, and a row without arguments none of them.
  CHECK_EQ(client.run("COMMAND DOCS flushdb").find("$5 oneof $12 display_text"), std::string::npos);
  CHECK_EQ(client.run("COMMAND DOCS dbsize").find("arguments"), std::string::npos);
  CHECK_EQ(client.run("COMMAND DOCS nosuchcommand"), "*0");
}

TEST_CASE("COMMAND DOCS: what is internal or has no complexity") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  const RespValue reply = command_docs(client, {"debug", "monitor", "get"});
  REQUIRE_EQ(reply.elements.size(), 6);
  const RespValue* flags = find_field(reply.elements[1], "doc_flags");
  REQUIRE((flags != nullptr));
  REQUIRE_EQ(flags->elements.size(), 1);
  CHECK_EQ(flags->elements[0].text, "syscmd");
  CHECK((find_field(reply.elements[3], "complexity") == nullptr));
  CHECK((find_field(reply.elements[5], "doc_flags") == nullptr));
}

TEST_CASE("COMMAND DOCS: subcommands, of their container and by name") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  const RespValue reply = command_docs(client, {"client", "client|pause"});
  REQUIRE_EQ(reply.elements.size(), 4);
  const RespValue* subcommands = find_field(reply.elements[1], "subcommands");
  REQUIRE((subcommands != nullptr));
  const RespValue* pause = find_field(*subcommands, "client|pause");
  REQUIRE((pause != nullptr));
  CHECK_EQ(reply.elements[2].text, "client|pause");
  CHECK((*pause == reply.elements[3]));
  std::string lines;
  print_arguments(*find_field(*pause, "arguments"), 0, lines);
  CHECK_EQ(lines,
           "timeout integer\n"
           "mode oneof since=6.2.0 optional\n"
           "  write pure-token token=WRITE\n"
           "  all pure-token token=ALL\n");
}

}  // namespace
}  // namespace rondo
